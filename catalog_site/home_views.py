"""The first page, which shows the work itself, and the choice of a theme."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from catalog_site.context import THEMES
from catalog_site.overview import overview
from people.models import User
from people.selectors import administrator_exists

_YEAR_S = 365 * 24 * 3600


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What needs you, what runs, and the search; for a stranger the login, or how the first administrator is made."""
    if isinstance(request.user, User):
        return render(request, "catalog_site/home.html", {"overview": overview(request.user)})
    if not administrator_exists():
        return render(request, "catalog_site/first_start.html")
    return redirect_to_login(request.get_full_path())


@require_GET
def favicon(_request: HttpRequest) -> HttpResponse:
    """Lead to the icon those that ask for it by its old name: the admin's pages, bookmarks."""
    return redirect(static("icons/favicon.svg"))


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme in a cookie and go back; anything but light and dark follows the system again."""
    target = request.POST.get("next", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure()):
        target = "/"
    response = redirect(target)
    choice = request.POST.get("theme", "")
    if choice in THEMES:
        response.set_cookie("theme", choice, max_age=_YEAR_S, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
