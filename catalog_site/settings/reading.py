"""Reading single settings. One that cannot be read becomes its default and is told by the check `foundation.E011`.

An empty value counts as none, so that a line `PORT=` in `.env` is as good as no line.
"""

import os
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

unreadable: dict[str, str] = {}  # {setting: what it should be}; read by `foundation.checks`


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int) -> int:
    """Return a whole number."""
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError:
        unreadable[name] = f"{name}={default}"
        return default


def names(name: str) -> list[str]:
    """Return the items of a comma-separated list, without the space around them."""
    return [item.strip() for item in text(name).split(",") if item.strip()]


def address(name: str, default: str) -> tuple[str, SplitResult]:
    """Return an address without its last slash, and its parts."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        _port = parts.port
    except ValueError:  # such as http://[::1 or :99999
        unreadable[name] = f"{name}={default}"
        return default, urlsplit(default)
    return value, parts


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of a database. Raises ImproperlyConfigured: another database is never taken instead."""
    try:
        found: dict[str, Any] = environ.Env.db_url_config(text(name, default))
    except (ValueError, KeyError, ImproperlyConfigured):
        found = {}
    if "." not in str(found.get("ENGINE", "")):
        raise ImproperlyConfigured(
            f"{name} cannot be read; it looks like postgres://user:password@host/name."
        ) from None
    return found


def time_zone() -> str:
    """Return the IANA name in `TZ`, UTC where it is none: Django takes neither POSIX rules nor paths."""
    value = text("TZ", "UTC").removeprefix(":")
    try:
        return ZoneInfo(value).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return "UTC"
