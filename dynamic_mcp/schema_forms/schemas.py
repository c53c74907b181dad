"""Reading foreign JSON schemas: local references, `allOf`, nullability and the alternatives of a place.

Security duty: a schema comes from a server that nobody vouches for. References are followed inside the document
only, never fetched, and a circle ends where the same reference comes up a third time.
Source: JSON Schema 2020-12, core, sections 7.7, 8.2 and 10.2.
"""

from typing import Any

Schema = dict[str, Any]
Seen = tuple[str, ...]  # the references met on the way to a place
_REF_REPEATS = 2
_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}


class Unreadable(ValueError):
    """This place of the schema cannot be shown as inputs; it becomes a field for JSON."""


def resolve(schema: Any, root: Schema, seen: Seen = ()) -> tuple[Schema, Seen]:
    """Return the schema with its `$ref` followed and `allOf` merged, and the references met so far.

    Raises Unreadable for a reference that leads out of the document, nowhere, or in a circle.
    """
    if not isinstance(schema, dict):
        raise Unreadable("not a schema object")
    for _step in range(16):
        ref = schema.get("$ref")
        if ref is None:
            return _merge_all(schema, root, seen), seen
        if not isinstance(ref, str) or seen.count(ref) >= _REF_REPEATS:
            raise Unreadable("circular reference")
        seen = (*seen, ref)
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**_look_up(ref, root), **beside}
    raise Unreadable("too many references")


def _look_up(ref: str, root: Schema) -> Schema:
    if not ref.startswith("#"):
        raise Unreadable("reference out of the document")
    found: Any = root
    for part in ref[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            raise Unreadable("reference to nowhere")
        found = found[key]
    if not isinstance(found, dict):
        raise Unreadable("reference to no schema")
    return found


def _merge_all(schema: Schema, root: Schema, seen: Seen) -> Schema:
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return schema
    merged: Schema = {}
    for part in [*parts, {key: value for key, value in schema.items() if key != "allOf"}]:
        piece, _seen = resolve(part, root, seen)
        for key, value in piece.items():
            if key == "properties" and isinstance(value, dict):
                merged["properties"] = {**merged.get("properties", {}), **value}
            elif key == "required" and isinstance(value, list):
                merged["required"] = [*merged.get("required", []), *value]
            elif key in ("anyOf", "oneOf") and key in merged:
                raise Unreadable("alternatives of alternatives")
            else:
                merged[key] = value
    return merged


def types_of(schema: Schema) -> list[str]:
    """Return the types a place allows, guessed from its keywords where it does not say."""
    told = schema.get("type")
    if isinstance(told, str):
        told = [told]
    if isinstance(told, list):
        return [name for name in told if isinstance(name, str) and name in _TYPES]
    if isinstance(schema.get("properties"), dict):
        return ["object"]
    if "items" in schema:
        return ["array"]
    return []


def alternatives(schema: Schema) -> list[Schema]:
    """Return the schemas of which one must hold: those of `anyOf`, `oneOf` or a list of types, else the one itself."""
    for keyword in ("oneOf", "anyOf"):
        options = schema.get(keyword)
        if isinstance(options, list) and options:
            return [option for option in options if isinstance(option, dict)]
    types = types_of(schema)
    if len(types) > 1:
        return [{**schema, "type": name} for name in types]
    return [schema]


def is_null(schema: Schema) -> bool:
    """Whether a schema allows null and nothing else."""
    return schema.get("type") == "null" or schema.get("type") == ["null"] or schema.get("const", 0) is None


def texts(schema: Schema) -> tuple[str, str]:
    """Return title and description, as text and not too long."""
    title, description = schema.get("title"), schema.get("description")
    return (
        title[:200] if isinstance(title, str) else "",
        description.strip()[:4000] if isinstance(description, str) else "",
    )
