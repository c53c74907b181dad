"""Checks JSON schemas that a catalogue brings along.

Security duty: a schema is run against a person's input later, so it must be small, closed in itself (no `$ref` to
elsewhere) and a valid schema. Pure. JSON Schema 2020-12: https://json-schema.org/draft/2020-12
"""

import re
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from catalog.rules import Refused

_NODES_MAX = 5000
# (a+)+ and its like: backtracking without end on a short text
_NESTED_REPEAT = re.compile(r"\([^()]*[*+}][^()]*\)\s*[*+{]")


def check_schema(schema: Any) -> None:
    """Raises Refused (`config.schema`) unless `schema` is empty or an object schema fit to be used."""
    if schema == {}:
        return
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        raise Refused("config.schema", "the configuration's schema is not that of an object")
    if not isinstance(schema.get("properties", {}), dict):
        raise Refused("config.schema", "the schema's properties are not a mapping")
    _walk(schema, [0])
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise Refused("config.schema", "the schema is not a valid JSON schema") from error


def _walk(node: Any, seen: list[int]) -> None:
    seen[0] += 1
    if seen[0] > _NODES_MAX:
        raise Refused("config.schema", "the schema is too large")
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("$ref", "$dynamicRef") and isinstance(value, str):
                raise Refused("config.schema", "the schema refers to another one")
            if name == "pattern" and isinstance(value, str):
                _check_pattern(value)
            _walk(value, seen)
    elif isinstance(node, list):
        for value in node:
            _walk(value, seen)


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise Refused("config.schema", "a pattern of the schema is not valid") from error
    if len(pattern) > 500 or _NESTED_REPEAT.search(pattern):
        raise Refused("config.schema", "a pattern of the schema could run without end")
