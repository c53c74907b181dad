"""Who is asking: a browser session's cookie, or a bearer API token under `/api/` (and the few root paths for programs).

Security duty: sets `request.access`. A bearer that is not valid is 401 even beside a good cookie.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from foundation.access import ALL_SCOPES, Access
from foundation.errors import ConsoleError
from foundation.problems import problem_response
from people import services

_BEARER_PATHS = ("/api/", "/readyz", "/metrics")


class AccessMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.headers.get("Authorization", "")
        request.access = None  # type: ignore[attr-defined]
        if header and request.path.startswith(_BEARER_PATHS):
            try:
                token = services.token_authenticate(header)
            except ConsoleError as error:
                return problem_response(error)
            request.user = token.user
            request.access = Access(frozenset(token.scopes), token_id=token.id)  # type: ignore[attr-defined]
        elif request.user.is_authenticated:
            request.access = Access(ALL_SCOPES)  # type: ignore[attr-defined]
        return self.get_response(request)
