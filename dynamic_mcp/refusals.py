"""What may never be started, whoever asks: values read as flags, folders of the machine, broken names. Pure.

Security duty: a catalogue entry and a configuration are foreign text. Each value that reaches an argument vector, an
environment, a header or a mount passes here first, and again each time a server is started (attack cases 12, 13).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dynamic_mcp.errors import ServerRefused

_IMAGE = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?/)?"  # host, port
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_VOLUME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?")
_HOST_LINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*[:=](?:[0-9A-Fa-f.:]+|host-gateway)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def check_texts(value: Any) -> None:
    """Refuse a configuration with a NUL anywhere in it. Raises ServerRefused (flag)."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ServerRefused("flag")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_texts(key)
            check_texts(item)
    elif isinstance(value, list):
        for item in value:
            check_texts(item)


def check_argument(argument: str, *, from_value: bool) -> None:
    """Refuse an argument with a control character, or one that a configured value makes look like a flag."""
    if _CONTROL.search(argument) or (from_value and argument.startswith("-")):
        raise ServerRefused("flag")


def check_header(value: str) -> None:
    """Refuse a header or address with a control character (RFC 9110 section 5.5)."""
    if _CONTROL.search(value):
        raise ServerRefused("flag")


def check_image(image: str, user: str, extra_hosts: Iterable[str]) -> None:
    """Refuse what is no image reference, no user or no host line. Raises ServerRefused (image, flag)."""
    if not _IMAGE.fullmatch(image):
        raise ServerRefused("image")
    if (user and not _USER.fullmatch(user)) or any(not _HOST_LINE.fullmatch(line) for line in extra_hosts):
        raise ServerRefused("flag")


def check_mount(volume: str, allowed: Sequence[str]) -> str:
    """Return `source:target:mode` of a volume; raises ServerRefused (mount) unless it is exactly allowed.

    A named volume of the engine is no folder of the machine. A folder must be in `allowed` (`/path` read-only,
    `/path:rw` writable) by its real path, and must be what it says: no `..`, no link that leads elsewhere.
    """
    source, _, rest = volume.partition(":")
    target, _, mode = rest.partition(":")
    clean = target.startswith("/") and ".." not in target.split("/") and not re.search(r"[,\x00-\x1f]", volume)
    if not clean or mode not in ("", "ro", "rw"):
        raise ServerRefused("mount")
    if _VOLUME_NAME.fullmatch(source):
        return f"{source}:{target}:{mode or 'rw'}"
    writable = {entry.removesuffix(":rw"): entry.endswith(":rw") for entry in allowed}
    if source not in writable or not source.startswith("/") or str(Path(source).resolve()) != source:
        raise ServerRefused("mount")
    return f"{source}:{target}:{'rw' if writable[source] and mode != 'ro' else 'ro'}"
