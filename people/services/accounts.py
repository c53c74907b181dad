"""Accounts: made, given another role, closed, exported and deleted.

Security duty: an active administrator always remains; nobody closes or deletes the account they act with.
`actor` is who asks, None for a command on the machine.
"""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from foundation.errors import Invalid
from people import hooks, throttle
from people.errors import LastAdministrator, OwnAccount
from people.models import Role, User


def user_create(*, actor: User | None, username: str, password: str, role: str = Role.OPERATOR) -> User:
    """Make an account. Raises Invalid with the wrong fields' paths (username, password, role)."""
    user = User(username=User.normalize_username(username), role=role)
    user.set_password(password)
    errors: dict[str, list[str]] = {}
    try:
        user.full_clean()
    except ValidationError as error:
        errors.update(error.message_dict)
    errors.update(_password_errors(password, user))
    _raise(errors)
    user.save()
    hooks.security_event.call_after_commit(actor, "user.create", user, "ok", {"role": str(role)})
    return user


def user_role_set(*, actor: User | None, user: User, role: str) -> None:
    """Give a user another role, in force with the next request. Raises LastAdministrator, Invalid."""
    if role not in Role.values:
        raise Invalid(errors=[{"path": "role", "message": str(role)[:40]}])
    with transaction.atomic():
        if role != Role.ADMINISTRATOR:
            _keep_an_administrator(user)
        before, user.role = user.role, role
        user.save(update_fields=["role"])
    hooks.security_event.call_after_commit(actor, "user.update", user, "ok", {"role": role, "before": before})


def user_active_set(*, actor: User | None, user: User, active: bool) -> None:
    """Close or reopen an account; its browser sessions and tokens stop at once.

    Raises LastAdministrator, OwnAccount.
    """
    with transaction.atomic():
        if not active:
            _not_oneself(actor, user)
            _keep_an_administrator(user)
        user.is_active = active
        user.save(update_fields=["is_active"])
    hooks.security_event.call_after_commit(actor, "user.update", user, "ok", {"active": active})


def user_password_set(*, actor: User | None, user: User, password: str) -> None:
    """Set a password; the user's browser sessions end. Raises Invalid."""
    _raise(_password_errors(password, user))
    user.set_password(password)
    user.save(update_fields=["password"])
    hooks.security_event.call_after_commit(actor, "user.password", user, "ok", {})


def password_change(*, user: User, old: str, new: str) -> None:
    """Change one's own password. Raises TooManyRequests, Invalid when one does not fit."""
    throttle.count_try("login", user.username)
    if not user.check_password(old):
        hooks.security_event.call_after_commit(user, "user.password", user, "refused", {})
        raise Invalid(errors=[{"path": "old", "message": _("This is not your password.")}])
    throttle.forget("login", user.username)
    user_password_set(actor=user, user=user, password=new)


def user_delete(*, actor: User | None, user: User) -> None:
    """Delete a user with everything that is theirs. Raises LastAdministrator, OwnAccount."""
    _not_oneself(actor, user)
    _keep_an_administrator(user)
    hooks.user_removing.call(user)  # outside of the transaction: ending sessions takes its time
    copy = User(pk=user.pk, username=user.username)
    with transaction.atomic():
        _keep_an_administrator(user)
        user.delete()
    hooks.security_event.call_after_commit(actor, "user.delete", copy, "ok", {})


def user_export(*, actor: User, user: User) -> dict[str, Any]:
    """Return what the console keeps about a user, without secrets, ready for JSON.

    Arguments and outputs of executions are their owner's: an export by an administrator leaves them out.
    """
    data: dict[str, Any] = {
        "user": {
            "username": user.username,
            "role": user.role,
            "active": user.is_active,
            "joined_at": user.date_joined.isoformat(),
            "last_login_at": user.last_login.isoformat() if user.last_login else None,
        },
        "api_tokens": list(
            user.api_tokens.values("id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
        ),
        "notices": list(user.notices.values("id", "code", "context", "url", "created_at", "read_at")),
    }
    for section in hooks.user_exported.call(user, actor.pk == user.pk):
        data.update(section)
    hooks.security_event.call_after_commit(actor, "user.export", user, "ok", {})
    return data


def _keep_an_administrator(user: User) -> None:
    """Raise LastAdministrator when `user` is the only active one; locks the administrators' rows where that exists."""
    rows = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk")
    if transaction.get_connection().in_atomic_block:
        rows = rows.select_for_update()
    if [row.pk for row in rows] == [user.pk]:
        raise LastAdministrator


def _not_oneself(actor: User | None, user: User) -> None:
    if actor is not None and actor.pk == user.pk:
        raise OwnAccount


def _password_errors(password: str, user: User) -> dict[str, list[str]]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {"password": list(error.messages)}
    return {}


def _raise(errors: dict[str, list[str]]) -> None:
    if errors:
        raise Invalid(errors=[{"path": path, "message": text} for path, texts in errors.items() for text in texts])
