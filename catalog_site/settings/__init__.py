"""The console's settings, read from the environment and `.env`. Every name is documented in README.md."""

from catalog_site.settings.base import *  # noqa: F403  (Django reads a flat module)
