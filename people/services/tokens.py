"""API tokens: made, shown once, checked, revoked.

Security duty: only the SHA-256 of a token is kept; a token holds no scope beyond its user's role; wrong ones are
braked by address, and a good one is never slowed by others' wrong ones.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.errors import Invalid, NotFound, NotLoggedIn
from foundation.prepared import PreparedRead
from people import hooks, throttle
from people.errors import ScopeRefused
from people.models import ApiToken, Scope, User

TOKEN_PREFIX = "mcpc_"  # noqa: S105  (a public prefix, so that scanners recognise a leaked token)
TOKEN_DEFAULT_SCOPES = (Scope.READ, Scope.USE)
TOKEN_DEFAULT_DAYS = 90
TOKEN_MAX_DAYS = 366
_LAST_USE_STEP = timedelta(minutes=1)
_BY_HASH = PreparedRead(
    lambda wanted: ApiToken.objects.select_related("user").filter(token_hash=wanted).order_by(), wanted=str
)


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hex: what the database keeps."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def scopes_allowed(user: User) -> list[Scope]:
    """Return the scopes that are of any use under the user's role."""
    allowed = [Scope.READ]
    if user.may_use:
        allowed += [Scope.USE, Scope.AGENT]
    if user.is_administrator:
        allowed.append(Scope.MANAGE)
    if user.is_officer:
        allowed.append(Scope.POLICY)
    return allowed


def token_create(
    *, user: User, name: str, scopes: Sequence[str] | None = None, days: int = TOKEN_DEFAULT_DAYS
) -> tuple[ApiToken, str]:
    """Make an API token; return its row and the token itself, which is never to be had again.

    `scopes` default to `read use`, as far as the role has them; `days` is the lifetime, 1 to 366.
    Raises ScopeRefused, Invalid.
    """
    allowed = scopes_allowed(user)
    if scopes is None:
        scopes = [scope for scope in TOKEN_DEFAULT_SCOPES if scope in allowed]
    _check(user, name, scopes, allowed, days)
    value = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        token_hash=digest(value),
        last4=value[-4:],
        scopes=sorted({str(scope) for scope in scopes}),
        expires_at=timezone.now() + timedelta(days=days),
    )
    hooks.security_event.call_after_commit(
        user, "token.create", user, "ok", {"token": token.id, "scopes": token.scopes}
    )
    return token, value


def _check(user: User, name: str, scopes: Sequence[str], allowed: Sequence[str], days: int) -> None:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Invalid(errors=[{"path": "name", "message": _("Give a name of 1 to 100 characters.")}])
    if not 1 <= days <= TOKEN_MAX_DAYS:
        raise Invalid(errors=[{"path": "days", "message": _("Choose 1 to 366 days.")}])
    if not scopes:
        raise _refused(_("Choose at least one scope."))
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown:
        raise _refused(_("There is no scope “%(scope)s”.") % {"scope": unknown[0][:40]})
    useless = sorted(set(scopes) - set(allowed))
    if useless:
        raise _refused(
            _("The scope “%(scope)s” is of no use with the role “%(role)s”.")
            % {"scope": useless[0], "role": user.get_role_display()}
        )
    if Scope.AGENT in scopes and {Scope.MANAGE, Scope.POLICY} & set(scopes):
        raise _refused(_("An agent's token can never change policy or approvals. Make two tokens."))


def _refused(message: str) -> ScopeRefused:
    return ScopeRefused(message, errors=[{"path": "scopes", "message": message}])


def token_authenticate(header: str) -> ApiToken:
    """Return the live token of an `Authorization: Bearer …` header (RFC 6750 section 2.1).

    Raises NotLoggedIn, or TooManyRequests after too many wrong ones from the same address.
    """
    scheme, _space, value = header.partition(" ")
    now = timezone.now()
    wanted = digest(value.strip())
    token = None
    if scheme.lower() == "bearer" and value.startswith(TOKEN_PREFIX):
        token = _BY_HASH.first(wanted=wanted)
    if (
        token is None
        or not secrets.compare_digest(token.token_hash, wanted)
        or token.revoked_at
        or token.expires_at <= now
        or not token.user.is_active
    ):
        throttle.count_try("token")
        raise NotLoggedIn
    if token.last_used_at is None or now - token.last_used_at > _LAST_USE_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def token_revoke(*, user: User, token_id: str) -> ApiToken:
    """Revoke one of the user's own tokens at once; again changes nothing. Raises NotFound."""
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise NotFound
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        hooks.security_event.call_after_commit(user, "token.revoke", user, "ok", {"token": token.id})
    return token
