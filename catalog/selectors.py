"""Reading the catalogue: one entry, and a search that each process keeps in memory until the catalogue changes."""

import threading
from dataclasses import dataclass
from typing import Any

from catalog.errors import ServerUnknown
from catalog.models import CatalogRevision, CatalogServer, Source
from catalog.mounts import Mount
from catalog.mounts import parse as mount_parse
from catalog.search import QUERY_MAX_CHARS, Filters, Found, Index
from catalog.wording import category_worded, schema_worded, searchable, worded

__all__ = [
    "QUERY_MAX_CHARS",
    "Filters",
    "Mount",
    "Snapshot",
    "category_worded",
    "forget",
    "mount_parse",
    "public",
    "revision",
    "schema_worded",
    "search",
    "server",
    "snapshot",
    "sources",
    "worded",
]

# What search and lists need; readme and other long columns stay in the database.
_COLUMNS = (
    "name", "source__name", "source_name", "title", "description", "kind", "image", "package", "remote_url", "secrets",
    "config_schema", "requires_oauth", "tools", "categories", "tags", "icon", "approval",
)  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """The catalogue at one revision: rows as the API shows them, without what belongs to a user."""

    revision: int
    rows: list[dict[str, Any]]
    index: Index


_lock = threading.Lock()
_kept: Snapshot | None = None


def revision() -> int:
    """Return the catalogue's revision: one small query."""
    return CatalogRevision.objects.filter(pk=1).values_list("number", flat=True).first() or 0


def snapshot() -> Snapshot:
    """Return the catalogue in memory, read again when its revision has changed."""
    global _kept
    now = revision()
    if _kept is not None and _kept.revision == now:
        return _kept
    with _lock:
        if _kept is None or _kept.revision != now:
            rows = list(CatalogServer.objects.order_by("name").values(*_COLUMNS))
            _kept = Snapshot(now, [public(row) for row in rows], Index([searchable(row) for row in rows]))
        return _kept


def forget() -> None:
    """Drop what is kept in memory."""
    global _kept
    _kept = None


def public(row: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an entry that lists show (DESIGN: `GET /catalog/servers`), save the connection's."""
    wanted = ("name", "env", "description")
    return {
        "name": row["name"],
        "title": row["title"],
        "description": row["description"],
        "kind": row["kind"],
        "source": row["source__name"],
        "required_secrets": [{key: secret[key] for key in wanted} for secret in row["secrets"]],
        "requires_oauth": row["requires_oauth"],
        "config_schema": row["config_schema"],
        "image": row["image"],
        "remote_url": row["remote_url"],
        "package": row["package"] or None,
        "categories": row["categories"],
        "icon": row["icon"],
        "approval": row["approval"],
    }


def search(query: str = "", filters: Filters | None = None) -> tuple[list[dict[str, Any]], Found]:
    """Return (all matching rows, best first; what was found, with facets)."""
    now = snapshot()
    found = now.index.search(query, filters)
    return [now.rows[at] for at in found.positions], found


def server(name: str) -> CatalogServer:
    """Return one entry by its catalogue name. Raises ServerUnknown."""
    row = CatalogServer.objects.select_related("source").filter(name=name).first()
    if row is None:
        raise ServerUnknown
    return row


def sources() -> list[Source]:
    """Return all sources, best rank first."""
    return list(Source.objects.all())
