"""`/audit/`: who did what, for auditors and administrators. Nothing here changes anything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.forms import FilterForm
from audit.selectors import events_visible
from foundation.access import page
from people.requests import user_of

PAGE = 50
_NUMBER_CHARS = 18  # what a 64-bit key can hold


@require_GET
@page("audit")
def listing(request: HttpRequest) -> HttpResponse:
    """The log, newest first, filtered, by the page; `cursor` is the number of the last event of the page before."""
    form = FilterForm(request.GET)
    found = events_visible(user_of(request), form.filters()).order_by("-pk")
    cursor = request.GET.get("cursor", "")
    if cursor.isascii() and cursor.isdecimal() and len(cursor) <= _NUMBER_CHARS:
        found = found.filter(pk__lt=int(cursor))
    rows = list(found[: PAGE + 1])
    known = {"form": form, "events": rows[:PAGE], "first_url": "", "next_url": ""}
    query = request.GET.copy()
    if cursor:
        query.pop("cursor")
        known["first_url"] = "?" + query.urlencode()
    if len(rows) > PAGE:
        query["cursor"] = str(rows[PAGE - 1].pk)
        known["next_url"] = "?" + query.urlencode()
    return render(request, "audit/list.html", known)
