"""Whether a value fits its schema, for a form. Pure; `dynamic_mcp.validation` has the rules and the sentences."""

from typing import Any

from dynamic_mcp.schema_forms.schemas import Schema
from dynamic_mcp.validation import SchemaUnusable, findings


def check(schema: Schema, value: Any) -> list[dict[str, str]]:
    """Return `[{path, message}]`, empty when the value fits; a schema that cannot be used refuses nothing."""
    try:
        return findings(schema, value)
    except SchemaUnusable:
        return []  # the server itself is the judge then


def fits(schema: Schema, value: Any, root: Schema) -> bool:
    """Whether a value fits a part of the schema `root`, whose definitions it may refer to."""
    definitions: Schema = {key: root[key] for key in ("$defs", "definitions") if key in root and key not in schema}
    try:
        return not findings({**definitions, **schema}, value)
    except SchemaUnusable:
        return False
