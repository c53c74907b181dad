"""From what was posted to a JSON value. Pure; empty optional inputs are left out, texts become what the schema wants.

Bound: 4,000 places are looked at; a posted form that claims more rows than that is refused.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dynamic_mcp.schema_forms.names import MAX_ROWS, child, variant
from dynamic_mcp.schema_forms.nodes import MISSING, Kind, Node

MAX_PLACES = 4000
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
_INTEGER = re.compile(r"[+-]?\d{1,400}")
_EMPTY: dict[str, Any] = {Kind.LIST: [], Kind.MAP: {}, Kind.OBJECT: {}, Kind.RAW: ""}


@dataclass
class Reading:
    """What was read: `errors` are `[{path, message}]`; `places` says which input holds the value of a path."""

    value: Any = MISSING
    errors: list[dict[str, str]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


def read(node: Node, data: Mapping[str, str], name: str) -> Reading:
    """Return the value that the inputs under `name` hold."""
    reader = _Reader(data)
    reader.out.value = reader.node(node, name, ())
    return reader.out


def parse_json(text: str) -> Any:
    """Return the value of a JSON text. Raises ValueError, also for text nested too deep and for NaN."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


class _Reader:
    def __init__(self, data: Mapping[str, str]) -> None:
        self.data = data
        self.out = Reading()
        self.left = MAX_PLACES

    def wrong(self, path: tuple[str, ...], message: str) -> Any:
        self.out.errors.append({"path": ".".join(path), "message": message})
        return MISSING

    def node(self, node: Node, name: str, path: tuple[str, ...]) -> Any:
        self.left -= 1
        if self.left < 0:
            return MISSING if self.left < -1 else self.wrong(path, _("The form is too large. Use the JSON view."))
        self.out.places[".".join(path)] = name
        value = self._filled(node, name, path)
        if value is not MISSING:
            return value
        if node.nullable and self.data.get(f"{name}@null"):
            return None
        if self.data.get(f"{name}@keep"):
            return _EMPTY.get(node.kind, "")
        if node.required and node.kind == Kind.OBJECT:
            return {}
        return None if node.required and node.nullable else MISSING

    def _filled(self, node: Node, name: str, path: tuple[str, ...]) -> Any:
        if node.kind == Kind.OBJECT:
            return self._object(node, name, path)
        if node.kind == Kind.LIST and node.item:
            return self._list(node.item, name, path)
        if node.kind == Kind.MAP and node.item:
            return self._map(node.item, name, path)
        if node.kind == Kind.VARIANTS:
            return self._variant(node, name, path)
        text = self.data.get(name, "").replace("\r\n", "\n")
        return MISSING if text == "" else self._scalar(node, text, path)

    def _object(self, node: Node, name: str, path: tuple[str, ...]) -> Any:
        found: dict[str, Any] = {}
        for part in node.properties:
            value = self.node(part, child(name, part.key), (*path, part.key))
            if value is not MISSING:
                found[part.key] = value
        more = self.data.get(f"{name}@more", "").strip()
        if more:
            further = self._json(more, path)
            if isinstance(further, dict):
                found = {**further, **found}
            elif further is not MISSING:
                self.wrong(path, _("Write the further values as a JSON object: {…}"))
        return found or MISSING

    def _list(self, item: Node, name: str, path: tuple[str, ...]) -> Any:
        found: list[Any] = []
        for index in range(self.rows(name)):
            value = self.node(item, child(name, index), (*path, str(len(found))))
            if value is not MISSING:
                found.append(value)
        return found or MISSING

    def _map(self, item: Node, name: str, path: tuple[str, ...]) -> Any:
        found: dict[str, Any] = {}
        for index in range(self.rows(name)):
            row = child(name, index)
            key = self.data.get(f"{row}@key", "")
            value = self.node(item, row, (*path, key))
            if value is MISSING and not key:
                continue
            if value is MISSING or not key:
                self.wrong((*path, key), _("Give both a name and a value."))
            elif key in found:
                self.wrong((*path, key), _("This name is there twice."))
            else:
                found[key] = value
        return found or MISSING

    def _variant(self, node: Node, name: str, path: tuple[str, ...]) -> Any:
        index = self._count(f"{name}@variant")
        if index >= len(node.variants):
            return self.wrong(path, _("Choose one of the given values."))
        return self.node(node.variants[index], variant(name, index), path)

    def _scalar(self, node: Node, text: str, path: tuple[str, ...]) -> Any:
        if node.kind in (Kind.INTEGER, Kind.NUMBER):
            number = _number(text.strip(), whole=node.kind == Kind.INTEGER)
            wanted = _("Write a whole number.") if node.kind == Kind.INTEGER else _("Write a number.")
            return self.wrong(path, wanted) if number is None else number
        if node.kind == Kind.BOOLEAN:
            known = {"true": True, "false": False, "on": True}
            return known[text] if text in known else self.wrong(path, _("Choose one of the given values."))
        if node.kind == Kind.CHOICE:
            chosen = [choice.value for choice in node.choices if choice.token == text]
            return chosen[0] if chosen else self.wrong(path, _("Choose one of the given values."))
        if node.kind == Kind.RAW:
            return self._json(text, path)
        if node.input_type == "datetime-local" and (match := _LOCAL_TIME.fullmatch(text)):
            return text + ("Z" if match[1] else ":00Z")
        return text

    def _json(self, text: str, path: tuple[str, ...]) -> Any:
        try:
            return parse_json(text)
        except ValueError:
            return self.wrong(path, _("This is not valid JSON."))

    def rows(self, name: str) -> int:
        return min(self._count(f"{name}@rows"), MAX_ROWS)

    def _count(self, name: str) -> int:
        text = self.data.get(name, "0")
        return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 0


def _number(text: str, *, whole: bool) -> int | float | None:
    """Return the number a text holds; a whole one may be written 3.0. None when it holds none."""
    if _INTEGER.fullmatch(text):
        return int(text)
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or "_" in text:
        return None
    if whole:
        return int(number) if number.is_integer() else None
    return number
