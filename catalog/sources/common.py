"""What the shapes share: building one entry, or saying why not, without losing the others. Pure."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from catalog.entries import Entry, Refusal
from catalog.rules import Refused
from catalog.sources import Parsed
from catalog.yamlfile import Document, Unreadable

ENTRIES_MAX = 25_000


def shown(name: Any) -> str:
    """Return a source's name of an entry fit for a report: one short line without control characters."""
    return re.sub(r"[^ -~\u3040-\u30ff\u4e00-\u9fff]", "?", str(name))[:120]


def collect(
    document: Document, nodes: Iterable[tuple[str, Any]], build: Callable[[str, Any], dict[str, Any]]
) -> Parsed:
    """Build an entry of each (name, node). A name that stands twice keeps its first entry."""
    parsed, seen = Parsed(), set[str]()
    for name, node in nodes:
        if len(seen) >= ENTRIES_MAX:
            parsed.refused.append(Refusal(shown(name), "file.too_many", "there are more entries than are read"))
            break
        try:
            entry = Entry.checked(build(name, document.value(node)))
            if entry.name.lower() in seen:
                raise Refused("name.twice", "another entry of this source has the name")
        except (Refused, Unreadable) as error:
            parsed.refused.append(Refusal(shown(name), error.reason_code, error.detail))
            continue
        seen.add(entry.name.lower())
        parsed.entries.append(entry)
    return parsed


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return a mapping; nothing counts as an empty one. Raises Refused."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused("entry.type", f"{what} is not a mapping")
    return value


def kind_of(word: Any) -> Any:
    """Docker's `server` is our `image`; its other words are ours."""
    return "image" if word == "server" else word
