"""Turns an error with a code into what the caller can use: a problem document, a partial, or a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from foundation.errors import ConsoleError
from foundation.problems import problem_response


class ErrorMiddleware:
    """API callers get problem+json, htmx an inline message, browsers a calm page. Never a stack trace."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ConsoleError):
            return None  # Django logs it and answers with the 500 page
        if request.path.startswith("/api/"):
            return problem_response(exception)
        template = "partials/error.html" if getattr(request, "htmx", False) else "error.html"
        return render(request, template, {"error": exception}, status=exception.status)
