"""The two labels in the environment of every process of a session: whose it is, and which installation's.

Two consoles on one machine (or two runs of the suite) never touch each other's processes: only those whose
MCP_CONSOLE_HOME is the hash of this installation's data folder are ours to stop.
"""

import hashlib
import os
from pathlib import Path

from django.conf import settings

SESSION_LABEL = "MCP_CONSOLE_SESSION"
HOME_LABEL = "MCP_CONSOLE_HOME"
_ALLOWED = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")


def home_label() -> str:
    """Return this installation's label: 16 hex digits of the SHA-256 of its data folder's real path."""
    return hashlib.sha256(os.fsencode(Path(settings.CONSOLE_DATA_DIR).resolve())).hexdigest()[:16]


def session_labels(session_id: str) -> dict[str, str]:
    """Return the labels as environment variables."""
    return {SESSION_LABEL: session_id, HOME_LABEL: home_label()}


def base_environment(session_id: str) -> dict[str, str]:
    """Return the allow-listed environment of a session's process, labels included."""
    passed = {name: os.environ[name] for name in _ALLOWED if name in os.environ}
    return {"PATH": os.defpath, **passed, **session_labels(session_id)}
