"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
application = get_wsgi_application()

from catalog_site.boot import process_started  # noqa: E402  (apps are loaded first)

process_started()
