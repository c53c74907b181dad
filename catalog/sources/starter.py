"""The project's own shape: `catalogue: NAME` and `servers:`, a list of entries with our own field names.

The starter catalogue is written in it, and so may an administrator's own file be.
"""

from typing import Any

from catalog.sources import Parsed
from catalog.sources.common import collect, mapping
from catalog.yamlfile import Document

SHAPE = "starter"


def parse(document: Document) -> Parsed:
    """Return the entries of `servers`."""
    nodes = document.sequence_items(document.get("servers"))
    return collect(document, [(_name(node), node) for node in nodes], entry)


def entry(name: str, value: Any) -> dict[str, Any]:
    """Return the fields of one entry as written, not yet checked. Raises Refused."""
    raw = mapping(value, "the entry")
    return {**raw, "name": name, "source_name": name}


def _name(node: Any) -> str:
    for key, value in node.value if isinstance(node.value, list) and node.id == "mapping" else []:
        if key.value == "name":
            return str(value.value)
    return ""
