"""A session's folder on disk: SESSIONS_DIR/<session id>, mode 0700, every file 0600 and replaced whole.

Security duty: secrets of servers and the gateway's bearer lie only here; removing the folder removes them.
A session id is checked before it becomes a path, so that no id leads out of the folder of sessions.
"""

import json
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

_SESSION_ID = re.compile(r"[0-9a-z]{26}")


def is_session_id(name: str) -> bool:
    return _SESSION_ID.fullmatch(name) is not None


def folder_of(session_id: str) -> Path:
    """Return the session's folder (it need not exist). Raises ValueError for what is no session id."""
    if not is_session_id(session_id):
        raise ValueError("not a session id")
    return Path(settings.SESSIONS_DIR) / session_id


def folder_make(session_id: str) -> Path:
    """Return the session's folder, made with mode 0700."""
    folder = folder_of(session_id)
    Path(settings.SESSIONS_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def write_private(path: Path, data: Any) -> None:
    """Write JSON to `path` with mode 0600, atomically: a reader sees the old or the new file, never a half."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as stream:
            json.dump(data, stream)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file, or None while there is none or only half of one."""
    try:
        data = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def files_below(folder: Path) -> int:
    """Count files (and links) below a folder; 0 when it is not there."""
    return sum(
        len(files) + sum(os.path.islink(os.path.join(root, name)) for name in folders)
        for root, folders, files in os.walk(folder)
    )


def folder_remove(session_id: str) -> tuple[int, int]:
    """Remove the session's folder; return how many files went and how many entries are left, counted afterwards."""
    folder = folder_of(session_id)
    before = files_below(folder)
    shutil.rmtree(folder, onerror=_allow_and_retry)
    left = files_below(folder) + int(folder.exists())
    return before - files_below(folder), left


def _allow_and_retry(function: Any, path: str, _error: Any) -> None:
    """Remove what a server left read-only (a package cache does that); what still resists stays and is counted."""
    try:
        os.chmod(os.path.dirname(path), 0o700)
        function(path)
    except OSError:
        return


def folders_present() -> list[str]:
    """Return the ids of all session folders on this machine."""
    root = Path(settings.SESSIONS_DIR)
    return sorted(entry.name for entry in root.iterdir() if is_session_id(entry.name)) if root.is_dir() else []
