"""`/audit/`: who did what, for auditors and administrators. Nothing here changes anything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.forms import FilterForm
from audit.selectors import events_visible
from foundation.access import page
from foundation.paging import page_of
from people.selectors import user_of

PAGE = 50


@require_GET
@page("audit")
def listing(request: HttpRequest) -> HttpResponse:
    """The log, newest first, filtered, by the page. Raises Invalid (422) for a cursor that was not made here."""
    form = FilterForm(request.GET)
    cursor = request.GET.get("cursor", "")
    events, following = page_of(events_visible(user_of(request), form.filters()), PAGE, cursor)
    query = request.GET.copy()
    query.pop("cursor", None)
    known = {"form": form, "events": events, "first_url": "", "next_url": ""}
    if cursor:
        known["first_url"] = "?" + query.urlencode()
    if following:
        query["cursor"] = following
        known["next_url"] = "?" + query.urlencode()
    return render(request, "audit/list.html", known)
