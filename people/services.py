"""Accounts, roles, tokens, the first administrator and notices: everything that changes them."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from foundation.errors import NotLoggedIn
from people import hooks
from people.models import ApiToken, Notice, Scope, User

TOKEN_PREFIX = "mcpc_"  # noqa: S105  (a public prefix, so that scanners recognise a leaked token)
TOKEN_DEFAULT_SCOPES = (Scope.READ, Scope.USE)
TOKEN_DEFAULT_DAYS = 90
_LAST_USE_STEP = timedelta(minutes=1)


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hex: what the database keeps."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_create(
    *, user: User, name: str, scopes: Sequence[str] = TOKEN_DEFAULT_SCOPES, days: int = TOKEN_DEFAULT_DAYS
) -> tuple[ApiToken, str]:
    """Make an API token; return its row and the token itself, which is never to be had again."""
    value = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        token_hash=digest(value),
        last4=value[-4:],
        scopes=sorted(set(scopes)),
        expires_at=timezone.now() + timedelta(days=days),
    )
    hooks.security_event.call_after_commit(
        user, "token.create", user, "ok", {"token": token.id, "scopes": token.scopes}
    )
    return token, value


def token_authenticate(header: str) -> ApiToken:
    """Return the live token of an `Authorization: Bearer …` header. Raises NotLoggedIn."""
    scheme, _, value = header.partition(" ")
    now = timezone.now()
    token = None
    if scheme.lower() == "bearer" and value.startswith(TOKEN_PREFIX):
        token = ApiToken.objects.select_related("user").filter(token_hash=digest(value.strip())).first()
    if token is None or token.revoked_at or token.expires_at <= now or not token.user.is_active:
        raise NotLoggedIn
    if token.last_used_at is None or now - token.last_used_at > _LAST_USE_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def notify(*, user: User, code: str, context: dict[str, str] | None = None, url: str = "") -> Notice:
    """Put a notice into a user's inbox; the same unread notice is not put there twice."""
    notice, _created = Notice.objects.get_or_create(user=user, code=code, context=context or {}, url=url, read_at=None)
    return notice
