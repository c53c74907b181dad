"""`/notices/` and `/profile/`: what waits for a person, and how they like the console."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from foundation.access import own_path, page
from people import selectors, services
from people.notice_texts import sentence
from people.selectors import user_of

_PAGE = 50


@require_GET
@page()
def notices(request: HttpRequest) -> HttpResponse:
    """The inbox, newest first."""
    found = Paginator(selectors.notices_of(user_of(request)), _PAGE).get_page(request.GET.get("page"))
    rows = [{"notice": notice, "text": sentence(notice)} for notice in found]
    next_url = f"?page={found.next_page_number()}" if found.has_next() else ""
    return render(request, "people/notices.html", {"rows": rows, "next_url": next_url})


@require_POST
@page()
def read(request: HttpRequest, notice_id: str) -> HttpResponse:
    """Mark a notice as read and go where it leads."""
    notice = services.notice_read(user=user_of(request), notice_id=notice_id)
    goal = own_path(notice.url) if request.POST.get("open") and notice.url else "people:notices"
    return redirect(goal)


@require_POST
@page()
def read_all(request: HttpRequest) -> HttpResponse:
    services.notices_read_all(user=user_of(request))
    messages.success(request, _("Everything is marked as read."))
    return redirect("people:notices")


@require_GET
@page()
def profile(request: HttpRequest) -> HttpResponse:
    """The account, and the looks: theme and language are forms of their own, kept in cookies of this browser."""
    return render(request, "people/profile.html")
