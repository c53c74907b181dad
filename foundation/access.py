"""Who may call what: the one check in front of every API operation and page.

Security duty: `people.middleware.AccessMiddleware` says who is asking (`request.access`); the functions here decide.
A cookie-borne request that changes something must carry the CSRF token; a bearer token needs none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext_lazy as _

from foundation.errors import Forbidden, NotLoggedIn

Duty = Literal["any", "use", "officer", "administrator", "audit"]
ALL_SCOPES = frozenset({"read", "use", "manage", "policy"})  # what a browser session has; never `agent`


@dataclass(frozen=True)
class Access:
    """How a request was let in: the scopes it has, and its API token's id (None for a browser session)."""

    scopes: frozenset[str]
    token_id: str | None = None


def duty_held(user: Any, duty: Duty) -> bool:
    """Whether the user's role covers the duty: `use` is everyone but auditors."""
    held = {
        "any": True,
        "use": user.may_use,
        "officer": user.is_officer,
        "administrator": user.is_administrator,
        "audit": user.may_audit,
    }
    return bool(held[duty])


def needs(scope: str, duty: Duty | None = None) -> Callable[[HttpRequest], Any]:
    """Return the `auth` callable of an API operation: scope first, then the role's duty.

    `duty` defaults to `any` for the scope `read` and to `use` for all others.
    Raises NotLoggedIn (401) or Forbidden (403).
    """
    wanted: Duty = duty or ("any" if scope == "read" else "use")

    def check(request: HttpRequest) -> Any:
        access: Access | None = getattr(request, "access", None)
        if access is None:
            raise NotLoggedIn
        if scope not in access.scopes or not duty_held(request.user, wanted):
            raise Forbidden
        if access.token_id is None:
            _check_csrf(request)
        return request.user

    check.console_needs = (scope, wanted)  # type: ignore[attr-defined]  # the suite reads who may do what
    return check


def page(duty: Duty = "any") -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Decorate a page: anonymous goes to the login page, a role without the duty gets 403."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            access: Access | None = getattr(request, "access", None)
            if access is None or access.token_id is not None:
                return redirect_to_login(request.get_full_path())
            if not duty_held(request.user, duty):
                raise Forbidden
            return view(request, *args, **kwargs)

        guarded.console_duty = duty  # type: ignore[attr-defined]  # the suite reads who may do what
        return guarded

    return decorate


def _check_csrf(request: HttpRequest) -> None:
    def view(request: HttpRequest) -> None: ...

    middleware = CsrfViewMiddleware(lambda request: None)  # type: ignore[arg-type]
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    middleware.process_request(request)
    if middleware.process_view(request, view, (), {}) is not None:  # type: ignore[arg-type]
        raise Forbidden(_("The form had expired. Please send it again."))
