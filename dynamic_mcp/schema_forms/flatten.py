"""From a JSON value to what the inputs of its form hold. Pure; `read` is the way back, and the two are inverse."""

import json
import re
from collections.abc import Iterator
from typing import Any

from dynamic_mcp.schema_forms.build import token
from dynamic_mcp.schema_forms.check import fits
from dynamic_mcp.schema_forms.names import child, variant
from dynamic_mcp.schema_forms.nodes import MISSING, Kind, Node
from dynamic_mcp.schema_forms.schemas import Schema

_UTC = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z")


def flatten(node: Node, value: Any, name: str, root: Schema) -> dict[str, str]:
    """Return `{input name: text}` for a value; `root` is the whole schema, for its local references."""
    return dict(_pairs(node, value, name, root))


def _pairs(node: Node, value: Any, name: str, root: Schema) -> Iterator[tuple[str, str]]:
    if value is MISSING:
        return
    if value is None and node.nullable and node.kind != Kind.CHOICE:
        yield f"{name}@null", "1"
        return
    if value in ("", [], {}) and not isinstance(value, bool) and node.kind != Kind.CHOICE:
        yield f"{name}@keep", "1"
    if node.kind in (Kind.LIST, Kind.MAP, Kind.OBJECT, Kind.VARIANTS):
        yield from _branch(node, value, name, root)
    elif node.kind == Kind.RAW:
        yield name, json.dumps(value, ensure_ascii=False, indent=2)
    elif node.kind == Kind.CHOICE:
        yield name, next((one.token for one in node.choices if same(one.value, value)), token(value))
    else:
        yield name, scalar_text(node, value)


def _branch(node: Node, value: Any, name: str, root: Schema) -> Iterator[tuple[str, str]]:
    if node.kind == Kind.LIST and node.item and isinstance(value, list):
        yield f"{name}@rows", str(len(value))
        for index, item in enumerate(value):
            yield from _pairs(node.item, item, child(name, index), root)
    elif node.kind == Kind.MAP and node.item and isinstance(value, dict):
        yield f"{name}@rows", str(len(value))
        for index, (key, item) in enumerate(value.items()):
            yield f"{child(name, index)}@key", key
            yield from _pairs(node.item, item, child(name, index), root)
    elif node.kind == Kind.OBJECT and isinstance(value, dict):
        named = {part.key for part in node.properties}
        for part in node.properties:
            yield from _pairs(part, value.get(part.key, MISSING), child(name, part.key), root)
        more = {key: item for key, item in value.items() if key not in named}
        if more:
            yield f"{name}@more", json.dumps(more, ensure_ascii=False, indent=2)
    elif node.kind == Kind.VARIANTS:
        index = next((i for i, option in enumerate(node.variants) if fits(option.schema, value, root)), 0)
        yield f"{name}@variant", str(index)
        yield from _pairs(node.variants[index], value, variant(name, index), root)


def scalar_text(node: Node, value: Any) -> str:
    """Return a scalar as its input holds it; a UTC time loses the Z that its input cannot hold."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    match = _UTC.fullmatch(value) if node.input_type == "datetime-local" else None
    return match[1] if match else value


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal; true is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
