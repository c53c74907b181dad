"""What a view needs to answer a browser and htmx alike: the whole page, or the page's named partial."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

FINGERPRINT_HEADER = "X-Fingerprint"  # sent with a polled node; the node sends it back as a header or `fingerprint=`


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a fragment; boosted links and restored history get whole pages."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request  # type: ignore[union-attr]


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or its partial `partial` for an htmx request; `catalog_site.toasts` adds waiting messages."""
    values = dict(context or {})
    if partial is None or not is_partial(request):
        response = render(request, template, values, status=status)
    else:
        response = render(request, f"{template}#{partial}", values, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def render_polled(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, partial: str, status: int = 200
) -> HttpResponse:
    """Render a polled node, or answer 204 when it is what the page shows already.

    The page sends the fingerprint that came in `X-Fingerprint` back in a header of that name or as `fingerprint`.
    """
    body = render_to_string(f"{template}#{partial}", dict(context), request=request).encode()
    fingerprint = hashlib.sha256(body).hexdigest()[:16]
    known = request.headers.get(FINGERPRINT_HEADER) or request.GET.get("fingerprint", "")
    response = HttpResponse(status=204) if known == fingerprint else HttpResponse(body, status=status)
    response[FINGERPRINT_HEADER] = fingerprint
    patch_vary_headers(response, ["HX-Request"])
    return response


def hx_redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to one of the console's own paths, by `HX-Redirect` where htmx asked; others become `/`."""
    target = url if url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None) else "/"
    if is_partial(request):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponse(status=302, headers={"Location": target})
