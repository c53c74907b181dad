"""The catalogue over JSON: search, one server, and the administrator's approval."""

import base64
import binascii
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from catalog import selectors, services
from catalog.models import CatalogServer
from catalog.selectors import QUERY_MAX_CHARS, Filters
from foundation.access import needs
from foundation.errors import Invalid
from oauth_connect.selectors import connection_statuses
from people.models import User
from signing.selectors import coverage

router = Router(tags=["catalogue"])
LIMIT, LIMIT_MAX = 50, 200


class SecretOut(Schema):
    name: str
    env: str
    description: str


class PackageOut(Schema):
    registry: str
    name: str
    version: str
    runner: str


class ServerOut(Schema):
    name: str
    title: str
    description: str
    kind: str
    source: str
    required_secrets: list[SecretOut]
    requires_oauth: bool
    config_schema: dict[str, Any]
    image: str
    remote_url: str
    package: PackageOut | None
    categories: list[str]
    icon: str
    connection_status: str | None
    approval: str


class ServerDetailOut(ServerOut):
    tools: list[dict[str, Any]]
    signature_coverage: str | None


class ServersOut(Schema):
    results: list[ServerOut]
    count: int
    next_cursor: str | None


class ServersQuery(Schema):
    q: str = Field("", max_length=QUERY_MAX_CHARS)
    kind: str = ""
    category: str = ""
    requires_oauth: bool | None = None
    limit: int = Field(LIMIT, ge=1, le=LIMIT_MAX)
    cursor: str = ""


@router.get("/catalog/servers", response=ServersOut, auth=needs("read"))
def servers(request: HttpRequest, query: Query[ServersQuery]) -> HttpResponse:
    """Search the catalogue. The rows are ready-made values of our own: they are written out without another check."""
    filters = Filters(query.kind, query.category, query.requires_oauth)
    rows, _found = selectors.search(query.q, filters)
    start = position(query.cursor)
    end = start + query.limit
    cursor = cursor_at(end) if end < len(rows) else None
    answer = {"results": with_connections(request.user, rows[start:end]), "count": len(rows), "next_cursor": cursor}
    return HttpResponse(json.dumps(answer, ensure_ascii=False, separators=(",", ":")), content_type="application/json")


@router.get("/catalog/servers/{name}", response=ServerDetailOut, auth=needs("read"))
def server(request: HttpRequest, name: str) -> dict[str, Any]:
    """One server, with its tools where they are known and who vouches for its image."""
    return _detail(request.user, selectors.server(name))


@router.post("/catalog/servers/{name}/approve", response=ServerDetailOut, auth=needs("manage", "administrator"))
def approve(request: HttpRequest, name: str) -> dict[str, Any]:
    """Let a server run."""
    return _detail(request.user, services.server_approve(name=name, actor=_person(request)))


@router.post("/catalog/servers/{name}/reject", response=ServerDetailOut, auth=needs("manage", "administrator"))
def reject(request: HttpRequest, name: str) -> dict[str, Any]:
    """Keep a server from running."""
    return _detail(request.user, services.server_reject(name=name, actor=_person(request)))


def with_connections(user: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with `connection_status`: the status code, or None where no OAuth is needed."""
    names = [row["name"] for row in rows if row["requires_oauth"]]
    statuses = connection_statuses(user, names) if names else {}
    return [{**row, "connection_status": statuses.get(row["name"])} for row in rows]


def cursor_at(offset: int) -> str:
    return base64.urlsafe_b64encode(f"o{offset}".encode()).decode().rstrip("=")


def position(cursor: str) -> int:
    """Return the offset of a cursor. Raises Invalid."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not (text.startswith("o") and text[1:].isascii() and text[1:].isdecimal() and len(text) < 12):
        raise Invalid(errors=[{"path": "cursor", "message": "not a cursor of this list"}])
    return int(text[1:])


def _person(request: HttpRequest) -> User:
    user: Any = request.user
    return user  # type: ignore[no-any-return]


def _detail(user: Any, row: CatalogServer) -> dict[str, Any]:
    columns = {**vars(row), "source__name": row.source.name}
    (shown,) = with_connections(user, [selectors.public(columns)])
    return {**shown, "tools": row.tools, "signature_coverage": coverage(row.image) if row.image else None}
