"""Who holds a name when two sources want it, and what counts as another address.

Security duty: a source of a lower rank must never stand under a name that people know from a higher one, and a name
must not quietly come to mean another address. Names are told apart without regard to case. Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.entries import Entry, Refusal
from catalog.models import Approval, Kind, Rank
from catalog.rules import NAME_MAX


@dataclass(frozen=True)
class Held:
    """A stored entry: under which name it stands, and whose it is."""

    name: str
    base_name: str  # the name it would have if nobody else wanted it
    source: str
    rank: int
    kind: str
    identity: str


@dataclass
class Placement:
    """What a source's entries become beside the other sources' entries."""

    placed: list[tuple[str, Entry]] = field(default_factory=list)  # (catalogue name, entry)
    taken_over: dict[str, str] = field(default_factory=dict)  # stored name of another source -> our name, same thing
    renamed: dict[str, str] = field(default_factory=dict)  # stored name of another source -> its new name
    covered: int = 0  # entries that a better source has already
    refused: list[Refusal] = field(default_factory=list)


def identity(columns: Mapping[str, Any]) -> str:
    """Return what an entry is, without its version: image repository, package name, URL or container commands."""
    kind = columns["kind"]
    if kind == Kind.IMAGE:
        return "image " + repository(columns["image"])
    if kind == Kind.PACKAGE:
        return f"package {columns['package'].get('registry')} {columns['package'].get('name')}"
    if kind == Kind.REMOTE:
        return f"remote {columns['remote_url'].rstrip('/')}"
    return "poci " + json.dumps([tool.get("container") for tool in columns["tools"]], sort_keys=True)


def address(columns: Mapping[str, Any]) -> str:
    """Return what an approval and a connection were given to: identity, package version, transport, OAuth providers."""
    base = identity(columns)
    providers = sorted(item["provider"] for item in columns["oauth"])
    return " ".join([base, str(columns["package"].get("version", "")), columns["transport"], *providers]).strip()


def repository(image: str) -> str:
    """Return an image reference without tag and digest, with the default registry spelled out."""
    name = image.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    name = head + slash + tail.partition(":")[0]
    first = name.partition("/")[0]
    if "." not in first and ":" not in first and first != "localhost":
        name = "docker.io/" + (name if "/" in name else f"library/{name}")
    return name.lower()


def first_approval(*, rank: int, kind: str) -> str:
    """Return the approval an entry begins with: the starter's packages are vouched for, an open registry's nothing."""
    if rank == Rank.OPEN_REGISTRY:
        return Approval.UNREVIEWED
    return Approval.APPROVED if rank == Rank.STARTER and kind == Kind.PACKAGE else Approval.NOT_NEEDED


def next_approval(*, now: str, rank: int, kind: str, moved: bool) -> str:
    """Return the approval of a changed entry. A rejection stays; a new address has to be looked at again.

    The starter comes with the console and own entries are the administrator's: their changes are vouched for.
    """
    if now == Approval.REJECTED or not moved:
        return now
    return first_approval(rank=rank, kind=kind) if rank in (Rank.STARTER, Rank.OWN) else Approval.UNREVIEWED


def place(entries: Sequence[Entry], *, source: str, rank: int, others: Sequence[Held]) -> Placement:
    """Give each entry of `source` its name beside what `others` hold."""
    result = Placement()
    held = {item.name.lower(): item for item in others}
    own = {entry.name.lower() for entry in entries}
    taken = set(held)
    for entry in entries:
        what = identity(vars(entry))
        holder = held.get(entry.name.lower())
        if holder is None:
            name: str | None = entry.name if entry.name.lower() not in taken else None
        elif holder.identity == what:
            if holder.rank <= rank:
                result.covered += 1
                continue
            result.taken_over[holder.name] = name = entry.name
        elif rank < holder.rank:
            aside = beside(
                holder.base_name, rank=holder.rank, kind=holder.kind, source=holder.source, winner=(rank, entry.kind)
            )
            if aside.lower() in taken | own:
                aside = f"{holder.base_name}.{holder.source}"
            if aside.lower() in taken | own or len(aside) > NAME_MAX:
                name = None
            else:
                result.renamed[holder.name] = aside
                taken.add(aside.lower())
                name = entry.name
        else:
            aside = beside(entry.name, rank=rank, kind=entry.kind, source=source, winner=(holder.rank, holder.kind))
            name = aside if aside.lower() not in taken | own and len(aside) <= NAME_MAX else None
        if name is None:
            result.refused.append(Refusal(entry.source_name, "name.taken", "its name belongs to another source"))
            continue
        taken.add(name.lower())
        result.placed.append((name, entry))
    return result


def beside(name: str, *, rank: int, kind: str, source: str, winner: tuple[int, str]) -> str:
    """Return the name beside a winner (its rank and kind): `name-package` for a starter package, else `name.source`."""
    if rank == Rank.STARTER and kind == Kind.PACKAGE and winner == (Rank.DOCKER, Kind.IMAGE):
        return f"{name}-package"
    return f"{name}.{source}"
