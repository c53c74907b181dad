"""What every page may show: the menu by role, the unread count, the look chosen and the address of the console."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from catalog_site.menu import menu, resolved, user_menu

THEMES = ("light", "dark")
SCRIPTS_DIR = settings.BASE_DIR / "static" / "js"


@cache
def scripts() -> tuple[str, ...]:
    """Return the static names of the page's scripts, one small file per behaviour."""
    return tuple(f"js/{path.name}" for path in sorted(SCRIPTS_DIR.glob("*.js")))


@cache
def console_version() -> str:
    """Return the version in `pyproject.toml`; the console is run from its folder, not installed."""
    try:
        return version("mcp-catalog-console")
    except PackageNotFoundError:
        lines = (settings.BASE_DIR / "pyproject.toml").read_text().splitlines()
        return next((line.split('"')[1] for line in lines if line.startswith("version")), "")


def console(request: HttpRequest) -> dict[str, Any]:
    """Return `unread_notices` (counted only where a template asks), `public_base_url`, menus, theme and version."""

    def unread() -> int:
        user = getattr(request, "user", None)
        return user.notices.filter(read_at=None).count() if user is not None and user.is_authenticated else 0

    theme = request.COOKIES.get("theme", "")
    return {
        "unread_notices": SimpleLazyObject(unread),
        "public_base_url": settings.PUBLIC_BASE_URL,
        "console_menu": SimpleLazyObject(lambda: menu(request)),
        "console_user_menu": SimpleLazyObject(lambda: user_menu(request)),
        "console_logout_url": resolved("people:logout"),
        "console_login_url": settings.LOGIN_URL,
        "console_theme": theme if theme in THEMES else "",
        "console_version": console_version(),
        "console_scripts": scripts(),
    }
