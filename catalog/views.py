"""The administrators' page of catalogue sources."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from catalog import selectors, services, tasks
from catalog.errors import SourceUnknown
from foundation.access import page
from foundation.errors import ConsoleError, Invalid
from people.selectors import user_of


@require_GET
@page("administrator")
def sources(request: HttpRequest) -> HttpResponse:
    return _page(request, {})


@require_POST
@page("administrator")
def source_add(request: HttpRequest) -> HttpResponse:
    """Add a source by path or address and read it at once, so that a wrong one is told while it is on the screen."""
    given = {"location": request.POST.get("location", ""), "name": request.POST.get("name", "")}
    try:
        report = services.source_add(**given, actor=user_of(request))
    except Invalid as error:
        return _page(request, {"given": given, "errors": {item["path"]: item["message"] for item in error.errors}}, 422)
    except ConsoleError as error:
        return _page(request, {"given": given, "failure": error}, 422)
    added = len(report.added)
    messages.success(
        request, ngettext("Read: %(count)s server added.", "Read: %(count)s servers added.", added) % {"count": added}
    )
    return redirect("catalog:sources")


@require_POST
@page("administrator")
def source_sync(request: HttpRequest, name: str) -> HttpResponse:
    """Read a source again in the background."""
    if not any(source.name == name for source in selectors.sources()):
        raise SourceUnknown
    tasks.source_sync.delay(name, request.user.pk)
    messages.success(request, _("The source is being read. Its report appears here."))
    return redirect("catalog:sources")


def _page(request: HttpRequest, more: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "catalog/sources.html", {"sources": selectors.sources(), **more}, status=status)
