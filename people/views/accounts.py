"""`/people/`: auditors read, administrators act. A person's data as a file, for themselves or an administrator."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from foundation.access import page
from foundation.errors import Invalid, NotFound
from people import selectors, services
from people.forms import PersonForm, ResetForm, RoleForm, add_errors
from people.models import User
from people.selectors import user_of


@require_GET
@page("audit")
def listing(request: HttpRequest) -> HttpResponse:
    """Everybody, with the form for one more."""
    return _listing(request, PersonForm())


@sensitive_post_parameters("password")
@require_POST
@page("administrator")
def create(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            user = services.user_create(actor=user_of(request), **form.cleaned_data)
        except Invalid as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(name)s can log in now.") % {"name": user.username})
            return redirect("people:list")
    return _listing(request, form, status=422)


@require_GET
@page("audit")
def detail(request: HttpRequest, user_id: int) -> HttpResponse:
    person = selectors.user_get(user_of(request), user_id)
    return _detail(request, person, RoleForm(initial={"role": person.role}), ResetForm())


@require_POST
@page("administrator")
def role(request: HttpRequest, user_id: int) -> HttpResponse:
    person = selectors.user_get(user_of(request), user_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _detail(request, person, form, ResetForm(), status=422)
    services.user_role_set(actor=user_of(request), user=person, role=form.cleaned_data["role"])
    messages.success(request, _("The role of %(name)s is changed.") % {"name": person.username})
    return redirect("people:detail", user_id)


@require_POST
@page("administrator")
def active(request: HttpRequest, user_id: int) -> HttpResponse:
    """Close the account (`active=0`) or open it again (`active=1`)."""
    person = selectors.user_get(user_of(request), user_id)
    opened = request.POST.get("active") == "1"
    services.user_active_set(actor=user_of(request), user=person, active=opened)
    text = _("The account of %(name)s is open.") if opened else _("The account of %(name)s is closed.")
    messages.success(request, text % {"name": person.username})
    return redirect("people:detail", user_id)


@sensitive_post_parameters("password")
@require_POST
@page("administrator")
def reset(request: HttpRequest, user_id: int) -> HttpResponse:
    """Set another person's password."""
    person = selectors.user_get(user_of(request), user_id)
    form = ResetForm(request.POST)
    if form.is_valid():
        try:
            services.user_password_set(actor=user_of(request), user=person, password=form.cleaned_data["password"])
        except Invalid as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The password of %(name)s is set.") % {"name": person.username})
            return redirect("people:detail", user_id)
    return _detail(request, person, RoleForm(initial={"role": person.role}), form, status=422)


@require_POST
@page("administrator")
def delete(request: HttpRequest, user_id: int) -> HttpResponse:
    person = selectors.user_get(user_of(request), user_id)
    name = person.username
    services.user_delete(actor=user_of(request), user=person)
    messages.success(request, _("%(name)s and everything of theirs is deleted.") % {"name": name})
    return redirect("people:list")


@never_cache
@require_GET
@page()
def export(request: HttpRequest, user_id: int) -> HttpResponse:
    """What the console keeps about a person, as a JSON file."""
    reader = user_of(request)
    person = selectors.user_get(reader, user_id)
    if not reader.is_administrator and person.pk != reader.pk:
        raise NotFound
    data = services.user_export(actor=reader, user=person)
    response = JsonResponse(data, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="person-{person.pk}.json"'
    return response


def _listing(request: HttpRequest, form: PersonForm, status: int = 200) -> HttpResponse:
    people = selectors.users_visible(user_of(request))
    return render(request, "people/list.html", {"people": people, "form": form}, status=status)


def _detail(
    request: HttpRequest, person: User, role_form: RoleForm, reset_form: ResetForm, status: int = 200
) -> HttpResponse:
    known = {"person": person, "role_form": role_form, "reset_form": reset_form}
    return render(request, "people/detail.html", known, status=status)
