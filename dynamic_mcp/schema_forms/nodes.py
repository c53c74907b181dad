"""What a form is made of: a tree of nodes, one for each place in the schema where a person may enter something."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final


class Missing(Enum):
    """The value of a field that was left empty: it is not sent at all."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class Kind:
    """The kinds of node; a template shows each its own way."""

    TEXT = "text"
    LINES = "lines"
    PASSWORD = "password"  # noqa: S105  (a kind of field)
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    LIST = "list"
    OBJECT = "object"
    MAP = "map"
    VARIANTS = "variants"
    RAW = "raw"


@dataclass(frozen=True)
class Choice:
    """One allowed value: `token` is its JSON text, which is what the form sends."""

    token: str
    label: str
    value: Any


@dataclass(frozen=True)
class Node:
    """One place of a schema. It has no name of its own: a list's item is one node, shown once for each row.

    `required` is as its parent sees it. `attrs` are HTML attributes of the input. `open` says that an object takes
    properties which it does not name.
    """

    kind: str
    schema: dict[str, Any]
    key: str = ""
    title: str = ""
    description: str = ""
    required: bool = False
    nullable: bool = False
    default: Any = MISSING
    examples: tuple[str, ...] = ()
    input_type: str = "text"
    attrs: dict[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    properties: tuple["Node", ...] = ()
    item: "Node | None" = None
    variants: tuple["Node", ...] = ()
    open: bool = False
