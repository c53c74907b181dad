"""Which HTML input a scalar gets, and with which attributes. Pure.

Source: HTML living standard, section 4.10.5.1 (states of the type attribute).
"""

import json
import math
import re
from typing import Any

from dynamic_mcp.schema_forms.nodes import Kind
from dynamic_mcp.schema_forms.schemas import Schema, Unreadable

_LONG = 200
_LINES_KEYS = re.compile(
    r"(?i)(^|[_-])(text|content|contents|body|code|script|sql|query|prompt|markdown|html|message|notes?|snippet)$"
)
_SECRET_KEYS = re.compile(r"(?i)(passw(or)?d|passphrase|secret|api[_-]?key|private[_-]?key)")
_SIMPLE_PATTERN = re.compile(r"\^(?:[A-Za-z0-9 ,_:+?*|]|\\[dws.-]|\[[A-Za-z0-9_-]+\]|\{\d+(?:,\d*)?\})+\$")
_TYPES = {"email": "email", "uri": "url", "url": "url", "date": "date", "date-time": "datetime-local"}


def scalar(kind: str, schema: Schema, key: str) -> dict[str, Any]:
    """Return kind, input type and attributes of a string, number, integer or boolean."""
    if kind == "boolean":
        return {"kind": Kind.BOOLEAN}
    if kind == "integer":
        return {"kind": Kind.INTEGER, "input_type": "number", "attrs": _number_attrs(schema, whole=True)}
    if kind == "number":
        return {"kind": Kind.NUMBER, "input_type": "number", "attrs": _number_attrs(schema, whole=False)}
    if kind != "string":
        raise Unreadable("null only")
    return _string(schema, key)


def _string(schema: Schema, key: str) -> dict[str, Any]:
    attrs: dict[str, str] = {}
    for keyword, name in (("minLength", "minlength"), ("maxLength", "maxlength")):
        if _is_count(schema.get(keyword)):
            attrs[name] = str(schema[keyword])
    shape = schema.get("format")
    if shape == "password" or schema.get("writeOnly") is True or _SECRET_KEYS.search(key):
        return {"kind": Kind.PASSWORD, "input_type": "password", "attrs": attrs}
    if shape in _TYPES:
        return {"kind": Kind.TEXT, "input_type": _TYPES[shape], "attrs": attrs}
    if _wants_lines(schema, key):
        return {"kind": Kind.LINES, "attrs": attrs}
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and _SIMPLE_PATTERN.fullmatch(pattern):  # a browser reads fewer of them than Python
        attrs["pattern"] = pattern[1:-1]
    return {"kind": Kind.TEXT, "attrs": attrs}


def _wants_lines(schema: Schema, key: str) -> bool:
    if schema.get("format") in ("textarea", "multiline", "markdown") or "contentMediaType" in schema:
        return True
    long = schema.get("maxLength")
    if _is_count(long) and int(str(long)) > _LONG:
        return True
    if any("\n" in text for text in (*examples(schema), str(schema.get("default", "")))):
        return True
    return "format" not in schema and "maxLength" not in schema and bool(_LINES_KEYS.search(key))


def _number_attrs(schema: Schema, *, whole: bool) -> dict[str, str]:
    attrs = {"step": "1" if whole else "any"}
    for keyword, name in (("minimum", "min"), ("maximum", "max")):
        if _is_number(schema.get(keyword)):
            attrs[name] = _plain(schema[keyword])
    if whole:  # an excluded bound has a neighbour only among whole numbers
        for keyword, name, step in (("exclusiveMinimum", "min", 1), ("exclusiveMaximum", "max", -1)):
            bound = schema.get(keyword)
            if isinstance(bound, int) and not isinstance(bound, bool):
                attrs.setdefault(name, str(bound + step))
    return attrs


def examples(schema: Schema) -> tuple[str, ...]:
    """Return at most three examples as short texts."""
    given = schema.get("examples", [schema["example"]] if "example" in schema else [])
    given = given if isinstance(given, list) else [given]
    shown = [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in given[:3]]
    return tuple(item[:200] for item in shown if item)


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() and abs(number) < 2**53 else repr(number)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
