"""Adds Django's waiting messages to htmx answers, out of band, so that no view has to remember it."""

from collections.abc import Callable

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

_LEADS_AWAY = ("HX-Redirect", "HX-Refresh", "HX-Location")  # the next page shows the messages


class ToastMiddleware:
    """Must stand inside MessageMiddleware and HtmxMiddleware. A 204 stays empty; its messages wait."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        waiting = get_messages(request)
        if self._takes_toasts(request, response) and not getattr(waiting, "used", False) and len(waiting):
            context = {"messages": waiting, "oob": True}
            response.write(render_to_string("partials/toasts.html", context, request))
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])  # or "back" shows the fragment that has the page's address
        return response

    @staticmethod
    def _takes_toasts(request: HttpRequest, response: HttpResponse) -> bool:
        return (
            bool(getattr(request, "htmx", False))
            and not response.streaming
            and (response.status_code == 200 or response.status_code >= 400)
            and response.get("Content-Type", "").startswith("text/html")
            and not any(header in response for header in _LEADS_AWAY)
        )
