"""The key ring in use, read anew when its file changes, so that a rotation reaches running processes at once.

Security duty: keys come from VAULT_KEYS or from one 0600 file; a new file replaces the old one whole or not at all.
"""

import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from vault.keyring import KeyRing


@dataclass
class _Seen:
    path: Path
    version: tuple[int, int, int]
    ring: KeyRing


_seen: _Seen | None = None


@lru_cache(maxsize=4)
def _parsed(text: str) -> KeyRing:
    return KeyRing.parse(text)


def ring() -> KeyRing:
    """Return the ring: the file's, read again when it changed, else the settings'. Raises KeyRingError."""
    global _seen
    path: Path | None = settings.VAULT_KEYS_FILE
    if path is None:
        return _parsed(settings.VAULT_KEYS)
    try:
        status = path.stat()
    except FileNotFoundError:
        return _parsed(settings.VAULT_KEYS)  # what this process started with still opens its values
    version = (status.st_mtime_ns, status.st_ino, status.st_size)
    if _seen is None or _seen.path != path or _seen.version != version:
        _seen = _Seen(path, version, KeyRing.parse(path.read_text().strip()))
    return _seen.ring


def write_ring(path: Path, entries: list[str]) -> None:
    """Replace the key file: written aside with 0600, flushed to disk, then renamed over the old one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(",".join(entries) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
