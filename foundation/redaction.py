"""Removes secrets and control characters from text before it is kept or shown.

Security duty: two nets. Known values (a session's own secrets) are replaced exactly; shapes that look like
credentials (bearer headers, `key=value` of telling names, URLs with user info) are replaced by pattern.
Pure: no settings, no database.
"""

import logging
import re
from collections.abc import Mapping

_TELLING = r"(?:authorization|api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|passwd|credential|bearer|cookie)"
_PATTERNS = [
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 [redacted]"),
    (
        re.compile(rf"(?i)([A-Za-z0-9_.-]*{_TELLING}[A-Za-z0-9_.-]*[\"']?\s*[=:]\s*[\"']?)([^\s\"',;&}}]{{4,}})"),
        r"\1[redacted]",
    ),
    (re.compile(r"([a-z][a-z0-9+.-]*://)[^/\s:@]+:[^/\s@]+@"), r"\1[redacted]@"),
    (re.compile(r"\bmcpc_[A-Za-z0-9_-]{20,}"), "[redacted]"),
]
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SECRET_MIN_CHARS = 8


def redact(text: str) -> str:
    """Return `text` without what looks like a credential and without control characters (newline and tab stay)."""
    text = _CONTROL.sub("", text)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def mask(text: str, secrets: Mapping[str, str]) -> str:
    """Return `text` with each value of `secrets` (name to value, 8 characters or more) as `[secret NAME]`."""
    for name, value in sorted(secrets.items(), key=lambda item: -len(item[1])):
        if len(value) >= SECRET_MIN_CHARS:
            text = text.replace(value, f"[secret {name}]")
    return text


class RedactingFilter(logging.Filter):
    """Redacts the finished message and the traceback of every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage()).replace("\n", "\\n")
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True
