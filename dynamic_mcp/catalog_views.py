"""The catalogue's pages: search as one types, and what one server does, runs and asks for."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog import selectors, services
from catalog.models import Approval, CatalogServer, Kind
from catalog.selectors import Filters
from dynamic_mcp.catalog_api import cursor_at as cursor
from dynamic_mcp.catalog_api import position, with_connections
from dynamic_mcp.catalog_rows import CONTAINERS, GLYPHS, catalog_rows, connect_url
from dynamic_mcp.models import Session, SessionState
from dynamic_mcp.selectors import sessions_of
from foundation.access import page
from foundation.errors import ConsoleError, Forbidden
from gateways.selectors import image_support, isolation_missing
from people.models import User
from signing.selectors import coverage

PAGE_SIZE = 30
_CATEGORIES_SHOWN = 12
_SESSIONS_OFFERED = 20
_GIVEN = ("q", "kind", "category", "requires_oauth", "session")


@require_GET
@page()
def catalog(request: HttpRequest) -> HttpResponse:
    """The list; htmx asks for the results alone."""
    given = {key: request.GET.get(key, "").strip()[:200] for key in _GIVEN}
    user: Any = request.user
    filters = Filters(given["kind"], given["category"], {"true": True, "false": False}.get(given["requires_oauth"]))
    rows, found = selectors.search(given["q"], filters)
    start = position(request.GET.get("cursor", ""))
    shown = with_connections(request.user, rows[start : start + PAGE_SIZE])
    more = start + PAGE_SIZE < len(rows)
    sign_in = {"true": _("Needs sign-in"), "false": _("No sign-in")}
    categories = {name: selectors.category_worded(name) for name in found.facets["category"]}
    groups = [
        _chips(given, "kind", found.facets["kind"], dict(Kind.choices)),
        _chips(given, "requires_oauth", found.facets["requires_oauth"], sign_in),
        _chips(given, "category", found.facets["category"], categories)[:_CATEGORIES_SHOWN],
    ]
    context = {
        "given": given,
        "servers": catalog_rows(user, shown, session=given["session"]),
        "sessions": _sessions_open(user),
        "count": len(rows),
        "filtered": any(given[key] for key in _GIVEN if key != "session"),
        "chip_groups": [group for group in groups if group],
        "next_url": _address({**given, "cursor": cursor(start + PAGE_SIZE)}) if more else "",
        "first_url": _address(given) if start else "",
    }
    partial = getattr(request, "htmx", None) and request.htmx.target == "results"  # type: ignore[attr-defined]
    return render(request, "dynamic_mcp/catalog.html#results" if partial else "dynamic_mcp/catalog.html", context)


@require_GET
@page()
def catalog_server(request: HttpRequest, name: str) -> HttpResponse:
    """One server, and the one button: add it to a session."""
    return server_page(request, name)


def server_page(request: HttpRequest, name: str, error: ConsoleError | None = None) -> HttpResponse:
    """Return the page of one server; `error` is why adding it was refused. Raises ServerUnknown."""
    row = selectors.server(name)
    (shown,) = with_connections(request.user, [selectors.public({**vars(row), "source__name": row.source.name})])
    user: Any = request.user
    context = {
        "server": row,
        "error": error,
        "connect_url": connect_url(row.name),
        "no_images": image_support() if row.kind in CONTAINERS else None,
        "not_isolated": isolation_missing() if row.kind == Kind.PACKAGE else None,
        "chosen_session": request.GET.get("session") or request.POST.get("session", ""),
        "connection_status": shown["connection_status"],
        "glyph": GLYPHS[Kind(row.kind)],
        "mounts": [selectors.mount_parse(volume) for volume in row.volumes],
        "poci_mounts": _container_mounts(row),
        "coverage": coverage(row.image) if row.image else None,
        "settings": _settings(selectors.schema_worded(row.config_schema)),
        "sessions": _sessions_open(user),
        "may_add": user.may_use and row.approval != Approval.REJECTED,
    }
    return render(request, "dynamic_mcp/catalog_server.html", context, status=error.status if error else 200)


@require_POST
@page("administrator")
def catalog_decide(request: HttpRequest, name: str) -> HttpResponse:
    """Approve or reject, from the server's page."""
    user: Any = request.user
    if request.POST.get("decision") == "approve":
        services.server_approve(name=name, actor=user)
        messages.success(request, _("%(name)s is approved.") % {"name": name})
    elif request.POST.get("decision") == "reject":
        services.server_reject(name=name, actor=user)
        messages.success(request, _("%(name)s is rejected and cannot be added.") % {"name": name})
    else:
        raise Forbidden
    return redirect("dynamic_mcp:catalog_server", name)


def _sessions_open(user: User) -> list[Session]:
    """Return the sessions that a server may be added to, newest first."""
    if not user.may_use:
        return []
    return list(sessions_of(user).filter(owner=user, state=SessionState.ACTIVE)[:_SESSIONS_OFFERED])


def _chips(given: dict[str, str], key: str, counts: dict[str, int], labels: dict[str, Any]) -> list[dict[str, Any]]:
    """Return filter links; the one in force takes itself off."""
    chips = []
    for value, count in counts.items():
        chosen = given[key] == value
        address = _address({**given, key: "" if chosen else value})
        chips.append({"label": labels.get(value, value), "count": count, "chosen": chosen, "url": address})
    return sorted(chips, key=lambda chip: not chip["chosen"])


def _address(given: dict[str, str]) -> str:
    kept = urlencode({key: value for key, value in given.items() if value})
    return reverse("dynamic_mcp:catalog") + (f"?{kept}" if kept else "")


def _settings(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the top level of a configuration schema for reading: name, description, default, required."""
    required = schema.get("required", [])
    properties = schema.get("properties", {})
    return [
        {
            "name": name,
            "title": part.get("title", ""),
            "description": part.get("description", ""),
            "default": part.get("default"),
            "required": name in required,
        }
        for name, part in properties.items()
        if isinstance(part, dict)
    ]


def _container_mounts(row: CatalogServer) -> list[selectors.Mount]:
    containers = [tool.get("container") or {} for tool in row.tools] if row.kind == Kind.POCI else []
    return [selectors.mount_parse(volume) for container in containers for volume in container.get("volumes") or []]
