"""Turns an error with a code into what the caller can use: a problem document, a partial, or a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from foundation.errors import ConsoleError, Forbidden, NotFound, TooManyRequests
from foundation.problems import problem_response

API = "/api/"
PROBLEM = "application/problem+json"


class Malformed(ConsoleError):
    code = "request.malformed"
    status = 400
    title = _("The request cannot be read")
    sentence = _("The body is not what was announced, such as broken JSON.")
    steps = (_("Correct the request and send it again."),)


class MethodNotAllowed(ConsoleError):
    code = "request.method"
    status = 405
    title = _("Not this way")
    sentence = _("This address does not take that method.")
    steps = (_("See the API's page at /api/v1/docs."),)


class ErrorMiddleware:
    """API callers get problem+json, htmx an inline message, browsers a calm page. Never a stack trace.

    Stands outside of Django's own layers, so that their refusals (a foreign Host, a broken session) are told alike.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= 400 and request.path.startswith(API) and response["Content-Type"] != PROBLEM:
            return _as_problem(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ConsoleError):
            return None  # Django logs it and answers with the 500 page
        if request.path.startswith(API):
            return problem_response(exception)
        template = "partials/error.html" if getattr(request, "htmx", False) else "error.html"
        response = render(request, template, {"error": exception}, status=exception.status)
        if getattr(request, "htmx", False):  # beside the part of the page that asked, not in its place
            response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
        if isinstance(exception, TooManyRequests):
            response["Retry-After"] = str(exception.retry_after)
        return response


def _as_problem(response: HttpResponse) -> HttpResponse:
    """Return the framework's own refusal (404, 405, broken JSON, 500) as a problem document, headers kept."""
    kinds: dict[int, type[ConsoleError]] = {400: Malformed, 403: Forbidden, 404: NotFound, 405: MethodNotAllowed}
    problem = problem_response(kinds.get(response.status_code, ConsoleError)())
    for name, value in response.items():  # Allow, and what the security layers inside set
        if name.lower() not in ("content-type", "content-length"):
            problem[name] = value
    problem.cookies = response.cookies
    return problem
