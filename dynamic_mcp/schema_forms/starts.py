"""What a new form holds at first: the schema's defaults. Pure."""

import json
from typing import Any

from dynamic_mcp.schema_forms.nodes import MISSING, Kind, Node


def start_value(node: Node) -> Any:
    """Return the value of all defaults below a node; an object is there when it is needed or has a default inside."""
    if node.default is not MISSING and node.default is not None:  # left out, a null default comes about by itself
        return node.default
    if node.kind == Kind.OBJECT:
        found = {part.key: value for part in node.properties if (value := start_value(part)) is not MISSING}
        return found if found and (node.required or not node.key) else ({} if node.required else MISSING)
    if node.kind == Kind.CHOICE and node.required and len(node.choices) == 1:
        return node.choices[0].value
    return MISSING


def pretty(value: Any) -> str:
    """Return a value as indented JSON."""
    return "" if value is MISSING else json.dumps(value, ensure_ascii=False, indent=2)
