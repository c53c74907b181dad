"""What a volume of an entry would mount.

Security duty: `dynamic_mcp` refuses what is not allowed when a server is added; here it is told apart and named, so
that the catalogue can say so beforehand. Pure.
"""

import re
from dataclasses import dataclass
from typing import Any

from catalog.rules import Refused

_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_SPREAD = re.compile(r"\{\{[^{}]+\|into\s*\}\}")  # becomes one mount for each value of a list
_UNSAFE = re.compile(r"[\x00-\x1f\x7f,;$`\\\"'<>]")


@dataclass(frozen=True)
class Mount:
    """`kind` is `named` (a volume of the engine), `bind` (a path of the machine) or `config` (chosen when added)."""

    source: str
    target: str
    read_only: bool
    kind: str


def parse(value: Any) -> Mount:
    """Return what `source:target[:ro|rw]` mounts. Raises Refused (`volume.invalid`)."""
    if not isinstance(value, str) or not value or len(value) > 1000 or value.startswith("-") or _UNSAFE.search(value):
        raise Refused("volume.invalid", "a volume is not of the form source:target")
    if _SPREAD.fullmatch(value):
        return Mount(value, "", False, "config")
    held = re.findall(r"\{\{[^{}]*\}\}", value)
    parts = re.sub(r"\{\{[^{}]*\}\}", "\x00", value).split(":")
    if len(parts) not in (2, 3) or not parts[0] or not parts[1].startswith(("/", "\x00")):
        raise Refused("volume.invalid", "a volume is not of the form source:target")
    if len(parts) == 3 and parts[2] not in ("ro", "rw"):
        raise Refused("volume.options", "a volume has options other than ro and rw")
    filled = iter(held)
    source, target = (re.sub("\x00", lambda _match: next(filled), part) for part in parts[:2])
    kind = "config" if "{{" in source else "named" if _NAMED.fullmatch(source) else "bind"
    return Mount(source, target, parts[-1] == "ro" and len(parts) == 3, kind)
