"""`/notices/` and `/profile/`: what waits for a person, and how they like the console."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from foundation.access import own_path, page
from people import selectors, services
from people.forms import THEMES, ThemeForm
from people.notice_texts import sentence
from people.requests import user_of

THEME_COOKIE = "theme"
_PAGE = 50
_YEAR_S = 365 * 24 * 3600


@require_GET
@page()
def notices(request: HttpRequest) -> HttpResponse:
    """The inbox, newest first."""
    found = Paginator(selectors.notices_of(user_of(request)), _PAGE).get_page(request.GET.get("page"))
    rows = [{"notice": notice, "text": sentence(notice)} for notice in found]
    return render(request, "people/notices.html", {"rows": rows, "page_obj": found})


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


@require_http_methods(["GET", "HEAD", "POST"])
@page()
def profile(request: HttpRequest) -> HttpResponse:
    """Colours here, the language through Django's own view; both are kept in a cookie of this browser."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    known = {value for value, _label in THEMES}
    form = ThemeForm(request.POST or None, initial={"theme": chosen if chosen in known else THEMES[0][0]})
    if form.is_valid():
        messages.success(request, _("Saved."))
        response = redirect("people:profile")
        response.set_cookie(
            THEME_COOKIE,
            form.cleaned_data["theme"],
            max_age=_YEAR_S,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response
    status = 422 if request.method == "POST" else 200
    return render(request, "people/profile.html", {"form": form, "languages": settings.LANGUAGES}, status=status)
