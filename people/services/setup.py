"""The first-administrator link.

Security duty: whoever holds the link becomes administrator, so it is random, kept as a hash, printed only on the
console's own terminal, used once, and of no use as soon as an administrator exists.
"""

import secrets

from django.db import transaction
from django.utils import timezone

from people import hooks, throttle
from people.errors import SetupLinkInvalid
from people.models import Role, SetupLink, User
from people.selectors import administrator_exists
from people.services.accounts import user_create
from people.services.tokens import digest


def setup_link_create() -> str | None:
    """Make a fresh link while no administrator exists; return the last segment of `/setup/<token>/`, else None."""
    if administrator_exists():
        return None
    value = secrets.token_urlsafe(32)
    SetupLink.objects.create(token_hash=digest(value))
    return value


def setup_link_check(*, token: str) -> None:
    """Return when the link may still be used. Raises SetupLinkInvalid, TooManyRequests."""
    if administrator_exists() or not SetupLink.objects.filter(token_hash=digest(token), used_at=None).exists():
        throttle.count_try("setup")
        raise SetupLinkInvalid


def setup_link_use(*, token: str, username: str, password: str) -> User:
    """Use the link up and make the first administrator. Raises SetupLinkInvalid, TooManyRequests, Invalid.

    A name or password that does not fit leaves the link as it was.
    """
    setup_link_check(token=token)
    with transaction.atomic():
        # all links are locked, so that two different ones used at once make one administrator, not two
        links = {link.token_hash: link for link in SetupLink.objects.select_for_update().order_by("pk")}
        link = links.get(digest(token))
        if link is None or link.used_at or administrator_exists():
            raise SetupLinkInvalid
        user = user_create(actor=None, username=username, password=password, role=Role.ADMINISTRATOR)
        SetupLink.objects.filter(used_at=None).update(used_at=timezone.now())
    hooks.security_event.call_after_commit(user, "user.login", user, "ok", {"by": "setup link"})
    return user
