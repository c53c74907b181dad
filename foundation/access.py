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
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from foundation.errors import Forbidden, NotLoggedIn

Duty = Literal["any", "use", "officer", "administrator", "audit"]
_USUAL_DUTY: dict[str, Duty] = {"read": "any", "use": "use", "manage": "administrator", "policy": "officer"}
_NEVER_AN_AGENT = frozenset({"manage", "policy"})
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

    `duty` defaults to the one that goes with the scope: `read` any, `use` use, `manage` administrator, `policy`
    officer. A token that also opens the agent endpoint never manages and never sets policy.
    Raises NotLoggedIn (401) or Forbidden (403).
    """
    wanted: Duty = duty or _USUAL_DUTY.get(scope, "use")

    def check(request: HttpRequest) -> Any:
        access: Access | None = getattr(request, "access", None)
        if access is None:
            raise NotLoggedIn
        if scope not in access.scopes or not duty_held(request.user, wanted):
            raise Forbidden
        if scope in _NEVER_AN_AGENT and "agent" in access.scopes:
            raise Forbidden
        if access.token_id is None:
            _check_csrf(request)
        return request.user

    check.console_needs = (scope, wanted)  # type: ignore[attr-defined]  # the suite reads who may do what
    return check


def require(user: Any, duty: Duty) -> None:
    """Raise Forbidden unless the user's role covers the duty: for a page whose POST asks more than its GET."""
    if not duty_held(user, duty):
        raise Forbidden


def page(duty: Duty = "any") -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Decorate a page: anonymous goes to the login page, a role without the duty gets 403."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            access: Access | None = getattr(request, "access", None)
            if access is None or access.token_id is not None:
                return _to_login(request)
            if not duty_held(request.user, duty):
                raise Forbidden
            return view(request, *args, **kwargs)

        guarded.console_duty = duty  # type: ignore[attr-defined]  # the suite reads who may do what
        return guarded

    return decorate


def own_path(path: str, default: str = "/") -> str:
    """Return `path` when it is a path of this console, else `default`: for every `next` and `return_to`."""
    if not path.startswith("/") or not path.isprintable() or "\\" in path:
        return default
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else default


def _to_login(request: HttpRequest) -> HttpResponseBase:
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if not htmx:
        return redirect_to_login(request.get_full_path())
    # a fragment must not be replaced by the login page: the whole page goes there and comes back
    return HttpResponseClientRedirect(redirect_to_login(own_path(htmx.current_url_abs_path or "/")).url)


def _check_csrf(request: HttpRequest) -> None:
    def view(request: HttpRequest) -> None: ...

    middleware = CsrfViewMiddleware(lambda request: None)  # type: ignore[arg-type]
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    middleware.process_request(request)
    if middleware.process_view(request, view, (), {}) is not None:  # type: ignore[arg-type]
        raise Forbidden(_("The form had expired. Please send it again."))
