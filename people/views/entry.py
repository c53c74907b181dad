"""Logging in and out, the first administrator, one's own password.

Security duty: a login starts a fresh browser session; `next` leads only to paths of this console; pages that are
reached without a login are never cached.
"""

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from foundation.access import own_path, page
from foundation.errors import Invalid
from people import hooks, services
from people.forms import LoginForm, PasswordForm, SetupForm, add_errors
from people.selectors import user_of

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters("password")
@never_cache
@_get_or_post
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password, then lead to `next`."""
    goal = own_path(request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "/"))
    if request.user.is_authenticated:
        return redirect(goal)
    form = LoginForm(request.POST or None)
    if form.is_valid():
        user = services.login_attempt(request, **form.cleaned_data)
        if user is not None:
            login(request, user, backend=_BACKEND)
            return redirect(goal)
        form.add_error(None, _("This name and password do not go together."))
    status = 422 if request.method == "POST" else 200
    return render(request, "people/login.html", {"form": form, "next": goal}, status=status)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the browser session."""
    user = request.user
    logout(request)
    if user.is_authenticated:
        hooks.security_event.call(user, "user.logout", user, "ok", {})
    return redirect("people:login")


@sensitive_post_parameters("password")
@never_cache
@_get_or_post
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first administrator: GET shows the form, a good POST uses the link up and logs in."""
    services.setup_link_check(token=token)
    form = SetupForm(request.POST or None)
    if form.is_valid():
        try:
            user = services.setup_link_use(token=token, **form.cleaned_data)
        except Invalid as error:
            add_errors(form, error)
        else:
            login(request, user, backend=_BACKEND)
            messages.success(request, _("Welcome. You are the administrator of this console."))
            return redirect("/")
    status = 422 if request.method == "POST" else 200
    return render(request, "people/setup.html", {"form": form}, status=status)


@sensitive_post_parameters("old", "password")
@never_cache
@_get_or_post
@page()
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; other browser sessions of this user end."""
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        try:
            services.password_change(
                user=user_of(request),
                old=form.cleaned_data["old"],
                new=form.cleaned_data["password"],
            )
        except Invalid as error:
            add_errors(form, error)
        else:
            update_session_auth_hash(request, user_of(request))
            messages.success(request, _("Your password is changed. Other browsers have to log in again."))
            return redirect("people:profile")
    status = 422 if request.method == "POST" else 200
    return render(request, "people/password.html", {"form": form}, status=status)
