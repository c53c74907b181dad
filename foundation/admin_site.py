"""Django's admin as a window for audits: administrators and auditors look, nobody changes anything.

Security duty: every registered model is read-only whatever its own class says; columns with secrets, sealed values
or hashes are never shown, searched, sorted or filtered by, not even by hand in the address.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from foundation.access import Access, duty_held
from foundation.errors import Forbidden

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[models.Model]
else:
    _ModelAdmin = admin.ModelAdmin

HIDDEN = re.compile(
    r"sealed|hash|password|secret|bearer|verifier|nonce|refresh|access_token|token_value"
    r"|arguments|output$|result$|^config$|^entry$|^mcp_session_id$|^state_value$|^headers$|^env$"
)
_COLUMNS = 6
_NAMES = ("username", "name", "title", "server", "tool", "code", "image", "digest")
_SHORT = (models.CharField, models.DateTimeField, models.BooleanField, models.IntegerField, models.ForeignKey)


def is_hidden(field: "models.Field[Any, Any]") -> bool:
    """Whether a column must never be seen: by its kind, or by what its name says it holds."""
    return isinstance(field, models.BinaryField) or bool(HIDDEN.search(field.name))


def shown(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    """Return the columns of a model that may be seen, in their order."""
    return [field for field in model._meta.concrete_fields if not is_hidden(field)]


class Window(_ModelAdmin):
    """One model, to look at. List, filters and search follow from its columns unless a subclass says more."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        return [field.name for field in shown(self.model)]

    get_readonly_fields = get_fields

    def get_list_display(self, request: HttpRequest) -> Any:
        if self.list_display != ("__str__",):
            return [name for name in self.list_display if not HIDDEN.search(str(name))]
        short = [field.name for field in shown(self.model) if isinstance(field, _SHORT)]
        return short[:_COLUMNS] or ["__str__"]

    def get_list_filter(self, request: HttpRequest) -> Any:
        if self.list_filter:
            return [entry for entry in self.list_filter if not HIDDEN.search(str(entry))]
        return [
            field.name
            for field in shown(self.model)
            if field.choices or isinstance(field, models.BooleanField | models.DateTimeField)
        ]

    def get_search_fields(self, request: HttpRequest) -> Any:
        if self.search_fields:
            return [name for name in self.search_fields if not HIDDEN.search(name)]
        return [field.name for field in shown(self.model) if field.name in _NAMES]

    def get_list_select_related(self, request: HttpRequest) -> Any:
        names = {field.name for field in self.model._meta.concrete_fields if isinstance(field, models.ForeignKey)}
        return [name for name in self.get_list_display(request) if name in names] or False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the offered filters: `?token_hash__startswith=a` would tell a hash letter by letter."""
        return lookup.split("__")[0] in self.get_list_filter(request) and super().lookup_allowed(lookup, value, request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ConsoleAdminSite(admin.AdminSite):
    site_header = _("MCP Catalog Console: window for audits, read-only")
    site_title = _("Audit window")
    index_title = _("What the console keeps")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register a model; a class that is no `Window` becomes one, so that none can forget it."""
        window = admin_class or Window
        if not issubclass(window, Window):
            window = type(window.__name__, (Window, window), {})
        super().register(model_or_iterable, window, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        access: Access | None = getattr(request, "access", None)
        return access is not None and access.token_id is None and duty_held(request.user, "audit")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send to the console's own login page; who is logged in and has no business here gets 403."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Forbidden
        goal = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{resolve_url('people:login')}?{urlencode({'next': goal})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Let the console's own logout do it, POST as it came: it also writes the audit event."""
        return HttpResponseRedirect(reverse("people:logout"), preserve_request=True)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("people:password")


def register_windows(app_label: str, windows: Iterable[tuple[type[models.Model], type[Window]]] = ()) -> None:
    """Register every model of an app: the given windows, and plain ones for the rest. Call it in `admin.py`."""
    special = dict(windows)
    for model in apps.get_app_config(app_label).get_models():
        admin.site.register(model, special.get(model))
