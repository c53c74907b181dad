"""What machines ask: `/healthz`, `/readyz`, `/metrics`.

Security duty: readiness and figures are for this machine and for API tokens with the scope `read`. A request that
came through a proxy is not from this machine, whatever address its last hop has.
"""

from dataclasses import asdict
from functools import wraps
from ipaddress import ip_address
from typing import Protocol

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from catalog_site.figures import exposition
from catalog_site.health import readiness
from foundation import context
from foundation.access import Access
from foundation.errors import ConsoleError, Forbidden, NotLoggedIn
from foundation.problems import problem_response

_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded")


class _View(Protocol):
    def __call__(self, request: HttpRequest) -> HttpResponse: ...


def from_this_machine(request: HttpRequest) -> bool:
    """Whether the request was made on this machine and not passed on by a proxy."""
    if any(header in request.headers for header in _FORWARDED):
        return False
    address = context.current().address
    return bool(address) and ip_address(address).is_loopback


def for_machines(view: _View) -> _View:
    """Let in this machine, and API tokens with the scope `read`; 401 or 403 as a problem document for others."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        refusal = _refusal(request)
        return view(request) if refusal is None else problem_response(refusal)

    return guarded


def _refusal(request: HttpRequest) -> ConsoleError | None:
    access: Access | None = getattr(request, "access", None)
    if access is not None and access.token_id is not None:
        return None if "read" in access.scopes else Forbidden()
    return None if from_this_machine(request) else NotLoggedIn()


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers. It asks nobody else."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@require_GET
@never_cache
@for_machines
def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness with each part; 503 when one of them does not work."""
    parts = readiness()
    ok = all(part.ok for part in parts.values())
    body = {"ok": ok, "parts": {name: asdict(part) for name, part in parts.items()}}
    return JsonResponse(body, status=200 if ok else 503)


@require_GET
@never_cache
@for_machines
def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
