"""Settings of the gateways, checked at the start."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return an error for each setting that is not one of its values."""
    found: list[CheckMessage] = []
    if settings.GATEWAY_RUNTIME not in ("auto", "docker", "embedded"):
        found.append(Error("GATEWAY_RUNTIME is unknown.", hint="Use auto, docker or embedded.", id="gateways.E001"))
    if settings.PACKAGE_SERVERS not in ("auto", "approved", "all", "off"):
        hint = "Use auto, approved, all or off."
        found.append(Error("PACKAGE_SERVERS is unknown.", hint=hint, id="gateways.E002"))
    if not all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in settings.PACKAGE_ENV):
        hint = "List names of variables, separated by commas, without their values."
        found.append(Error("PACKAGE_ENV holds something else than names.", hint=hint, id="gateways.E003"))
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", settings.NODE_NAME):
        hint = "Use letters, digits, dot, underscore and hyphen."
        found.append(Error("NODE_NAME is not a plain name.", hint=hint, id="gateways.E004"))
    return found
