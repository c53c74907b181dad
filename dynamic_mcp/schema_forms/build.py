"""From a JSON schema to a tree of nodes. Pure; what cannot be shown as inputs becomes a field for JSON.

Bounds: 8 levels, 200 nodes. Beyond them, and for schemas of an unknown shape, a node is of the kind `raw`.
"""

import json
from typing import Any

from dynamic_mcp.schema_forms import inputs
from dynamic_mcp.schema_forms.nodes import MISSING, Choice, Kind, Node
from dynamic_mcp.schema_forms.schemas import Schema, Seen, Unreadable, alternatives, is_null, resolve, texts, types_of

MAX_DEPTH = 8
MAX_NODES = 200
_MAX_CHOICES = 500


def build(schema: Any) -> Node:
    """Return the root node of a form for values of `schema`; an object without properties has none below it."""
    root = schema if isinstance(schema, dict) else {}
    if not root.get("properties") and not any(key in root for key in ("anyOf", "oneOf", "allOf", "$ref", "type")):
        root = {**root, "type": "object"}
    return _Builder(root).node(root, key="", required=True, depth=0, seen=())


def _before(option: Schema, seen: Seen) -> Seen:
    """Return the references met before an option's own, which its node will follow again."""
    return seen[:-1] if "$ref" in option else seen


def _choice_shape(choices: tuple[Choice, ...]) -> dict[str, Any]:
    """Return what a node of these choices is made of."""
    return {"kind": Kind.CHOICE, "choices": choices}


class _Builder:
    def __init__(self, root: Schema) -> None:
        self.root = root
        self.left = MAX_NODES

    def node(self, schema: Any, *, key: str, required: bool, depth: int, seen: Seen) -> Node:
        self.left -= 1
        if depth > MAX_DEPTH or self.left < 0:
            return _raw(schema, key, required)
        try:
            resolved, seen = resolve(schema, self.root, seen)
            written, followed = self._options(resolved, seen)
            choices = _choices(resolved) or _choices_of_options([option for option, _seen in followed])
            shape = _choice_shape(choices) if choices else self._shape(resolved, written, followed, key, depth)
        except Unreadable:
            return _raw(schema, key, required)
        title, description = texts(resolved)
        default = resolved.get("default", MISSING)
        nullable = len(followed) < len(alternatives(resolved)) or resolved.get("nullable") is True
        return Node(
            **{
                "schema": resolved,
                "key": key,
                "title": title,
                "description": description,
                "required": required,
                "nullable": nullable,
                "default": default,
                "examples": inputs.examples(resolved),
                **shape,
            }
        )

    def _options(self, schema: Schema, seen: Seen) -> tuple[list[Schema], list[tuple[Schema, Seen]]]:
        """Return the alternatives that are not null: as written, and with their references followed."""
        written = alternatives(schema)
        followed = [resolve(option, self.root, seen) for option in written]
        others = [number for number, (option, _seen) in enumerate(followed) if not is_null(option)]
        return [written[number] for number in others], [followed[number] for number in others]

    def _shape(
        self, schema: Schema, written: list[Schema], followed: list[tuple[Schema, Seen]], key: str, depth: int
    ) -> dict[str, Any]:
        if not followed:
            raise Unreadable("null only")
        if len(followed) > 1:
            nodes = [
                self.node(option, key="", required=False, depth=depth + 1, seen=_before(option, seen))
                for option, (_resolved, seen) in zip(written, followed, strict=True)
            ]
            return {"kind": Kind.VARIANTS, "variants": tuple(nodes)}
        option, seen = followed[0]
        base = {name: value for name, value in schema.items() if name not in ("anyOf", "oneOf", "type")}
        return self._single({**base, **option}, key, depth, seen)

    def _single(self, schema: Schema, key: str, depth: int, seen: Seen) -> dict[str, Any]:
        choices = _choices(schema)
        if choices:
            return _choice_shape(choices)
        types = types_of(schema)
        if len(types) != 1:
            raise Unreadable("no type")
        if types[0] == "object":
            return self._object(schema, depth, seen)
        if types[0] == "array":
            return self._list(schema, depth, seen)
        return inputs.scalar(types[0], schema, key)

    def _object(self, schema: Schema, depth: int, seen: Seen) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        further = schema.get("additionalProperties", True)
        if not isinstance(properties, dict) or "patternProperties" in schema:
            raise Unreadable("unusual object")
        if not properties and isinstance(further, dict) and further:
            item = self.node(further, key="", required=False, depth=depth + 1, seen=seen)
            return {"kind": Kind.MAP, "item": item}
        if not properties and further is not False and depth > 0:
            raise Unreadable("any object")
        needed = schema.get("required")
        needed = needed if isinstance(needed, list) else []
        nodes = tuple(
            self.node(value, key=name, required=name in needed, depth=depth + 1, seen=seen)
            for name, value in properties.items()
        )
        told = "additionalProperties" in schema and further is not False
        return {"kind": Kind.OBJECT, "properties": nodes, "open": told}

    def _list(self, schema: Schema, depth: int, seen: Seen) -> dict[str, Any]:
        items = schema.get("items")
        if not isinstance(items, dict) or not items or "prefixItems" in schema:
            raise Unreadable("list of anything")
        return {"kind": Kind.LIST, "item": self.node(items, key="", required=False, depth=depth + 1, seen=seen)}


def _raw(schema: Any, key: str, required: bool) -> Node:
    known = schema if isinstance(schema, dict) else {}
    title, description = texts(known)
    return Node(
        kind=Kind.RAW,
        schema=known,
        key=key,
        title=title,
        description=description,
        required=required,
        default=known.get("default", MISSING),
        examples=inputs.examples(known),
    )


def token(value: Any) -> str:
    """Return the JSON text of a value, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _choices(schema: Schema) -> tuple[Choice, ...]:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list) or not values or len(values) > _MAX_CHOICES:
        return ()
    labels = schema.get("enumNames")
    names = labels if isinstance(labels, list) and len(labels) == len(values) else values
    return tuple(
        Choice(token(value), name if isinstance(name, str) and name else token(name), value)
        for value, name in zip(values, names, strict=True)
    )


def _choices_of_options(options: list[Schema]) -> tuple[Choice, ...]:
    """Return the choices when every alternative is a `const` or an `enum`, else none."""
    found: list[Choice] = []
    for option in options:
        own = _choices(option)
        title = texts(option)[0]
        found += [Choice(own[0].token, title, own[0].value)] if len(own) == 1 and title else own
        if not own:
            return ()
    return tuple(found)
