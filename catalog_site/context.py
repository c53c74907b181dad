"""What every page may show: the menu's unread count and the address of the console."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def console(request: HttpRequest) -> dict[str, Any]:
    """Return `unread_notices` (an int, counted only where a template asks) and `public_base_url`."""

    def unread() -> int:
        user = getattr(request, "user", None)
        return user.notices.filter(read_at=None).count() if user is not None and user.is_authenticated else 0

    return {"unread_notices": SimpleLazyObject(unread), "public_base_url": settings.PUBLIC_BASE_URL}
