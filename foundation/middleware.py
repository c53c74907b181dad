"""The outermost layer of a request: its id, where it comes from, and the cap on its body.

Security duty: what a proxy says of the caller (address, scheme) is believed only of an address in TRUSTED_PROXIES; from
anybody else it is dropped here, before something reads it.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from foundation import context
from foundation.addresses import client_address, is_among
from foundation.errors import ConsoleError
from foundation.ids import new_id
from foundation.problems import problem_response


class BodyTooLarge(ConsoleError):
    code = "request.too_large"
    status = 413
    title = _("Too large")
    sentence = _("A request may hold 1 MiB at most.")


class RequestMiddleware:
    """Gives each request an id (`X-Request-ID` of the answer) and refuses bodies above 1 MiB."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = new_id()
        sender = request.META.get("REMOTE_ADDR", "")
        if not is_among(sender, settings.TRUSTED_PROXIES):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        address = client_address(sender, request.META.get("HTTP_X_FORWARDED_FOR", ""), settings.TRUSTED_PROXIES)
        via = "api" if request.path.startswith("/api/") else "agent" if request.path == "/mcp" else "page"
        token = context.enter(context.CallContext(request_id=request_id, address=address, via=via))
        try:
            response = self._answer(request)
        finally:
            context.leave(token)
        response["X-Request-ID"] = request_id
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not declared.isdecimal() or int(declared) > limit:
            return problem_response(BodyTooLarge())
        try:
            return self.get_response(request)
        except RequestDataTooBig:
            return problem_response(BodyTooLarge())
