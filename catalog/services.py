"""Everything that changes the catalogue: reading a source, approving and rejecting a server, adding a source."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.models import Outcome, Verb
from audit.services import record
from catalog import hooks, ranks, rules
from catalog.entries import Entry, Refusal
from catalog.errors import ServerUnknown, SourceUnreadable
from catalog.locations import (
    STARTER_FILE,
    STARTER_NAME,
    Reading,
    Wanted,
    configured,
    is_address,
    name_for,
    read_location,
)
from catalog.models import NAME_PATTERN, Approval, CatalogRevision, CatalogServer, Source
from foundation.errors import ConsoleError, Invalid
from foundation.http import check_url
from foundation.redaction import redact
from people.models import User

_LISTED_REFUSALS = 200


@dataclass
class Report:
    """What reading a source changed: catalogue names, and what was left out and why."""

    source: str
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    error: str = ""
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        counts = {key: len(getattr(self, key)) for key in ("added", "changed", "removed", "refused")}
        listed = [vars(item) for item in self.refused[:_LISTED_REFUSALS]]
        return {**counts, "unchanged": self.unchanged, "refusals": listed, "error": self.error}


def wanted(source: str) -> Wanted:
    """Return the source of a name, path or address: a stored or configured one by its name, else a new one."""
    if source == STARTER_NAME:
        return Wanted(STARTER_NAME, str(STARTER_FILE))
    for item in configured():
        if source in (item.name, item.location):
            return item
    stored = Source.objects.filter(name=source).first() or Source.objects.filter(location=source).first()
    return Wanted(stored.name, stored.location) if stored else Wanted(name_for(source), source)


def all_wanted() -> list[Wanted]:
    """Return the starter, the sources of `CATALOG_SOURCES` and the stored ones, each once."""
    stored = [Wanted(item.name, item.location) for item in Source.objects.all()]
    found = {item.name: item for item in [*stored, *configured(), wanted(STARTER_NAME)]}
    return sorted(found.values(), key=lambda item: item.name == STARTER_NAME)


def source_sync(*, source: Wanted | str, dry_run: bool = False, actor: User | None = None) -> Report:
    """Read a source (its name, path or address) and bring the catalogue up to it.

    Reading happens before the one short transaction. Raises SourceUnreadable or an outbound error when the source as
    a whole is of no use; what it gave before then stays, and its last report says why.
    """
    item = wanted(source) if isinstance(source, str) else source
    report = Report(source=item.name, dry_run=dry_run)
    try:
        reading = read_location(item.location)
    except ConsoleError as error:
        if not dry_run:
            _failed(item, report, error, actor)
        raise
    with transaction.atomic():
        _apply(item, reading, report, actor)
        if dry_run:
            transaction.set_rollback(True)
    return report


def server_approve(*, name: str, actor: User) -> CatalogServer:
    """Let a server run. Raises ServerUnknown."""
    return _decide(name, Approval.APPROVED, Verb.CATALOG_APPROVE, actor)


def server_reject(*, name: str, actor: User) -> CatalogServer:
    """Keep a server from running, also after its source changes it. Raises ServerUnknown."""
    return _decide(name, Approval.REJECTED, Verb.CATALOG_REJECT, actor)


def source_add(*, location: str, name: str = "", actor: User) -> Report:
    """Add a source by path or address and read it at once. Raises Invalid, SourceUnreadable, an outbound error."""
    location = location.strip()
    name = name.strip() or name_for(location)
    if not location or len(location) > 500 or re.search(r"[\x00-\x1f\x7f]", location):
        raise Invalid(errors=[{"path": "location", "message": _("Please give a path or an address.")}])
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > 60 or name == STARTER_NAME:
        raise Invalid(errors=[{"path": "name", "message": _("Letters, digits, dots, dashes; at most 60.")}])
    if Source.objects.filter(name=name).exclude(location=location).exists():
        raise Invalid(errors=[{"path": "name", "message": _("Another source has this name.")}])
    if is_address(location):
        check_url(location)
        if redact(location) != location:  # it would be kept and shown as it is
            message = _("The address holds a secret. Name it in CATALOG_SOURCES instead; it is then kept nowhere else.")
            raise Invalid(errors=[{"path": "location", "message": message}])
    return source_sync(source=Wanted(name, location), actor=actor)


def _decide(name: str, approval: Approval, verb: Verb, actor: User) -> CatalogServer:
    with transaction.atomic():
        server = CatalogServer.objects.select_related("source").filter(name=name).first()
        if server is None:
            raise ServerUnknown
        before = server.approval
        if before != approval:
            server.approval = approval
            server.save(update_fields=["approval", "changed_at"])
            _bump()
        record(verb, actor=actor, obj=server, detail={"before": before, "source": server.source.name})
    return server


def _failed(item: Wanted, report: Report, error: ConsoleError, actor: User | None) -> None:
    report.error = str(error.detail)
    stored = Source.objects.filter(name=item.name).first()
    if stored is not None:
        stored.last_report = report.to_json()
        stored.save(update_fields=["last_report"])
    detail = {"source": item.name, "code": error.code}
    record(Verb.CATALOG_SYNC, actor=actor, obj=stored, outcome=Outcome.FAILED, detail=detail)


def _apply(item: Wanted, reading: Reading, report: Report, actor: User | None) -> None:
    row, _made = Source.objects.get_or_create(
        name=item.name, defaults={"shape": reading.shape, "rank": reading.rank, "location": redact(item.location)}
    )
    others = [_held(server) for server in CatalogServer.objects.select_related("source").exclude(source=row)]
    placement = ranks.place(reading.parsed.entries, source=row.name, rank=reading.rank, others=others)
    report.refused = reading.parsed.refused + placement.refused
    report.unchanged = placement.covered
    for old, new in placement.renamed.items():
        moved = CatalogServer.objects.get(name=old)
        CatalogServer.objects.filter(pk=moved.pk).update(name=new)
        hooks.address_changed.call_after_commit(old, ranks.address(vars(moved)), "")
        report.changed.append(new)
    CatalogServer.objects.filter(name__in=placement.taken_over).update(source=row)
    _store(row, reading.rank, placement, report)
    row.shape, row.rank = reading.shape, reading.rank
    row.location = redact(item.location)  # a secret in an address of CATALOG_SOURCES stays there
    row.synced_at, row.last_report = timezone.now(), report.to_json()
    row.save()
    if report.added or report.changed or report.removed:
        _bump()
    counts = {key: value for key, value in row.last_report.items() if isinstance(value, int)}
    record(Verb.CATALOG_SYNC, actor=actor, obj=row, detail=counts)


def _store(row: Source, rank: int, placement: ranks.Placement, report: Report) -> None:
    """Bring the source's rows to what was placed; entries that were refused this time stay as they were."""
    stored = {server.source_name: server for server in row.servers.all()}
    by_name = {server.name.lower(): server for server in stored.values()}
    fresh, kept = [], set()
    renames: list[tuple[int, str]] = []
    for name, entry in placement.placed:
        server = stored.get(entry.source_name) or by_name.get(name.lower())
        if server is None:
            approval = ranks.first_approval(rank=rank, kind=entry.kind)
            columns = {**entry.columns(), "name": name, "fingerprint": entry.fingerprint, "approval": approval}
            fresh.append(CatalogServer(source=row, **columns))
            report.added.append(name)
            continue
        kept.add(server.pk)
        if server.fingerprint == entry.fingerprint and server.name == name:
            report.unchanged += 1
            continue
        if server.name != name:
            renames.append((server.pk, name))
            hooks.address_changed.call_after_commit(server.name, ranks.address(vars(server)), "")
        _update(server, entry, rank)
        report.changed.append(name)
    refused = {item.name for item in report.refused}
    gone = [server for server in stored.values() if server.pk not in kept and server.source_name not in refused]
    for server in gone:
        hooks.address_changed.call_after_commit(server.name, ranks.address(vars(server)), "")
        report.removed.append(server.name)
    CatalogServer.objects.filter(pk__in=[server.pk for server in gone]).delete()
    for pk, _name in renames:  # two steps, since one entry may move to the name another one leaves
        CatalogServer.objects.filter(pk=pk).update(name=f"~{pk}")
    for pk, name in renames:
        CatalogServer.objects.filter(pk=pk).update(name=name)
    CatalogServer.objects.bulk_create(fresh, batch_size=200)


def _update(server: CatalogServer, entry: Entry, rank: int) -> None:
    """Write an entry over its row; the name is the caller's. A moved address drops the approval."""
    before = ranks.address(vars(server))
    columns = entry.columns()
    del columns["name"]
    after = ranks.address(columns)
    moved = before != after
    server.approval = ranks.next_approval(now=server.approval, rank=rank, kind=entry.kind, moved=moved)
    for column, value in columns.items():
        setattr(server, column, value)
    server.fingerprint = entry.fingerprint
    server.save(update_fields=[*columns, "fingerprint", "approval", "changed_at"])
    if moved:
        hooks.address_changed.call_after_commit(server.name, before, after)


def _held(server: CatalogServer) -> ranks.Held:
    return ranks.Held(
        name=server.name,
        base_name=rules.name(server.source_name),
        source=server.source.name,
        rank=server.source.rank,
        kind=server.kind,
        identity=ranks.identity(vars(server)),
    )


def _bump() -> None:
    """Let the revision grow, to the clock's nanoseconds: a number never comes back after a rollback or a restore."""
    row, _made = CatalogRevision.objects.get_or_create(pk=1)
    CatalogRevision.objects.filter(pk=row.pk).update(number=max(row.number + 1, time.time_ns()))


def source_refresh_all(*, actor: User | None = None, dry_run: bool = False) -> list[Report]:
    """Read every source; one that cannot be read is in its report and does not stop the others."""
    reports = []
    for item in all_wanted():
        try:
            reports.append(source_sync(source=item, dry_run=dry_run, actor=actor))
        except ConsoleError as error:
            reports.append(Report(source=item.name, error=str(error.detail), dry_run=dry_run))
    return reports


__all__ = [
    "Report", "SourceUnreadable", "server_approve", "server_reject", "source_add", "source_refresh_all", "source_sync",
    "wanted",
]  # fmt: skip
