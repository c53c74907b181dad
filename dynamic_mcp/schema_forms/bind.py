"""From a node and what its inputs hold to what a template shows. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dynamic_mcp.schema_forms.names import MAX_ROWS, child, html_id, variant
from dynamic_mcp.schema_forms.nodes import MISSING, Choice, Kind, Node

_HELD_BY_INPUT = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "datetime-local": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?"),
    "number": re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?"),
}


@dataclass
class Row:
    """One row of a list or a map; `removable` is its name for the remove button."""

    field: "Field"
    number: int
    key: str = ""


@dataclass
class Field:
    """A node with its name, what it holds, its errors, and what lies below it."""

    node: Node
    name: str
    id: str
    label: str
    value: str = ""
    errors: list[str] = field(default_factory=list)
    required: bool = False  # in HTML: only where nothing above it is optional
    is_null: bool = False
    keeps_empty: bool = False
    input_type: str = "text"
    selected: int = 0
    children: list["Field"] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    more: str = ""
    options: list[tuple[Choice, bool]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.node.kind

    @property
    def multiline(self) -> bool:
        """Whether what it holds needs more than one line, whatever the schema says."""
        return self.kind == Kind.TEXT and "\n" in self.value

    @property
    def default_text(self) -> str:
        """The default in words, for the hint of an input that shows something else."""
        default = self.node.default
        if default is MISSING or default in ("", None, [], {}):
            return ""
        return default if isinstance(default, str) else json.dumps(default, ensure_ascii=False)

    @property
    def may_be_null(self) -> bool:
        """Whether to offer an explicit null: not where leaving the field empty means the same."""
        return self.node.nullable and (self.is_null or not (self.node.default is None or self.node.required))

    @property
    def described_by(self) -> str:
        """Ids of the hint and the error, for `aria-describedby`."""
        told = (
            self.node.description or self.node.examples or self.kind == Kind.RAW or self.input_type == "datetime-local"
        )
        parts = [f"{self.id}-hint"] if told else []
        return " ".join([*parts, f"{self.id}-error"] if self.errors else parts)


class Binder:
    """Binds a tree. `fresh` (not posted) lists get a spare row; `errors` are messages by input name."""

    def __init__(self, data: Mapping[str, str], errors: Mapping[str, list[str]], *, fresh: bool) -> None:
        self.data = data
        self.errors = errors
        self.fresh = fresh

    def bind(self, node: Node, name: str, *, label: str = "", needed: bool = True) -> Field:
        """Return the field of `node`, whose inputs are under `name`."""
        needed = needed and node.required
        bound = Field(
            node=node,
            name=name,
            id=html_id(name),
            label=node.title or node.key or label,
            value=self.data.get(name, ""),
            errors=list(self.errors.get(name, [])),
            required=needed and not node.nullable,
            is_null=bool(self.data.get(f"{name}@null")),
            keeps_empty=bool(self.data.get(f"{name}@keep")),
            more=self.data.get(f"{name}@more", ""),
        )
        bound.input_type = self._input_type(node, bound.value)
        self._fill(bound, needed)
        return bound

    def _fill(self, bound: Field, needed: bool) -> None:
        node, name = bound.node, bound.name
        if node.kind == Kind.OBJECT:
            bound.children = [self.bind(part, child(name, part.key), needed=needed) for part in node.properties]
        elif node.kind in (Kind.LIST, Kind.MAP) and node.item:
            bound.rows = [self._row(node.item, name, index) for index in range(self._rows(node, name))]
        elif node.kind == Kind.VARIANTS:
            bound.selected = _count(self.data.get(f"{name}@variant", "0"))
            bound.children = [
                self.bind(option, variant(name, index), needed=False) for index, option in enumerate(node.variants)
            ]
        elif node.kind == Kind.CHOICE:
            bound.options = [(choice, choice.token == bound.value) for choice in node.choices]

    def _row(self, item: Node, name: str, index: int) -> Row:
        row = child(name, index)
        return Row(self.bind(item, row, needed=False), index + 1, self.data.get(f"{row}@key", ""))

    def _rows(self, node: Node, name: str) -> int:
        count = min(_count(self.data.get(f"{name}@rows", "0")), MAX_ROWS)
        if not self.fresh and f"{name}@rows" in self.data:
            return count
        least = node.schema.get("minItems")
        return min(max(count + 1, min(least, 20) if isinstance(least, int) else 1), MAX_ROWS)

    def _input_type(self, node: Node, value: str) -> str:
        """Return the input's type; plain text where a stricter input would lose what is there."""
        held = _HELD_BY_INPUT.get(node.input_type)
        return "text" if value and held and not held.fullmatch(value) else node.input_type


def depth_of(bound: Field) -> int:
    """Return how many levels lie below a field."""
    below: list[Any] = [*bound.children, *(row.field for row in bound.rows)]
    return 1 + max((depth_of(one) for one in below), default=0)


def _count(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else 0
