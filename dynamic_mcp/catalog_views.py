"""The catalogue's pages: search as one types, and what one server does, runs and asks for."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog import mounts, selectors, services
from catalog.models import Approval, CatalogServer, Kind
from catalog.search import Filters
from dynamic_mcp.catalog_api import cursor_at as cursor
from dynamic_mcp.catalog_api import position, with_connections
from dynamic_mcp.models import SessionState
from dynamic_mcp.selectors import sessions_of
from foundation.access import page
from foundation.errors import Forbidden
from signing.selectors import coverage

PAGE_SIZE = 30
_CATEGORIES_SHOWN = 12
_GLYPHS = {Kind.IMAGE: "image", Kind.PACKAGE: "package", Kind.REMOTE: "cloud", Kind.POCI: "terminal"}


@require_GET
@page()
def catalog(request: HttpRequest) -> HttpResponse:
    """The list; htmx asks for the results alone."""
    given = {key: request.GET.get(key, "").strip()[:200] for key in ("q", "kind", "category", "requires_oauth")}
    filters = Filters(given["kind"], given["category"], {"true": True, "false": False}.get(given["requires_oauth"]))
    rows, found = selectors.search(given["q"], filters)
    start = position(request.GET.get("cursor", ""))
    shown = with_connections(request.user, rows[start : start + PAGE_SIZE])
    more = start + PAGE_SIZE < len(rows)
    context = {
        "given": given,
        "servers": [{**row, "glyph": _GLYPHS[Kind(row["kind"])], "about": _short(row["description"])} for row in shown],
        "count": len(rows),
        "filtered": any(given.values()),
        "kinds": _chips(given, "kind", found.facets["kind"], dict(Kind.choices)),
        "categories": _chips(given, "category", found.facets["category"], {})[:_CATEGORIES_SHOWN],
        "oauth": _chips(
            given,
            "requires_oauth",
            found.facets["requires_oauth"],
            {"true": _("Needs sign-in"), "false": _("No sign-in")},
        ),
        "next_url": _address({**given, "cursor": cursor(start + PAGE_SIZE)}) if more else "",
        "first_url": _address(given) if start else "",
    }
    partial = getattr(request, "htmx", None) and request.htmx.target == "results"  # type: ignore[attr-defined]
    return render(request, "dynamic_mcp/catalog.html#results" if partial else "dynamic_mcp/catalog.html", context)


@require_GET
@page()
def catalog_server(request: HttpRequest, name: str) -> HttpResponse:
    """One server, and the one button: add it to a session."""
    row = selectors.server(name)
    (shown,) = with_connections(request.user, [selectors.public({**vars(row), "source__name": row.source.name})])
    user: Any = request.user
    context = {
        "server": row,
        "connection_status": shown["connection_status"],
        "glyph": _GLYPHS[Kind(row.kind)],
        "mounts": [mounts.parse(volume) for volume in row.volumes],
        "poci_mounts": _container_mounts(row),
        "coverage": coverage(row.image) if row.image else None,
        "settings": _settings(row.config_schema),
        "sessions": sessions_of(user).filter(owner=user, state=SessionState.ACTIVE)[:20] if user.may_use else [],
        "may_add": user.may_use and row.approval != Approval.REJECTED,
    }
    return render(request, "dynamic_mcp/catalog_server.html", context)


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


def _short(text: str) -> str:
    line = " ".join(text[:400].split())
    return line if len(line) <= 150 else line[:149].rsplit(" ", 1)[0] + "…"


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
    return f"/catalog/?{kept}" if kept else "/catalog/"


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


def _container_mounts(row: CatalogServer) -> list[mounts.Mount]:
    containers = [tool.get("container") or {} for tool in row.tools] if row.kind == Kind.POCI else []
    return [mounts.parse(volume) for container in containers for volume in container.get("volumes") or []]
