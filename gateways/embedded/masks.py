"""Replaces a server's own secrets in everything that leaves the gateway.

Security duty: each value of `spec.secrets` (8 characters or more) becomes `[secret NAME]`, also where it appears
escaped as JSON inside a text or percent-encoded in an address; keys of objects are masked like values.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from foundation.redaction import SECRET_MIN_CHARS, redact


class Masker:
    """Masks one server's secrets. Without secrets it hands everything back untouched."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names: dict[str, str] = {}
        for name, value in secrets.items():
            if len(value) >= SECRET_MIN_CHARS:
                for form in _forms(value):
                    self._names.setdefault(form, name)
        longest_first = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in longest_first)) if longest_first else None

    def text(self, text: str) -> str:
        """Return `text` with this server's secrets replaced."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: f"[secret {self._names[match.group()]}]", text)

    def shown(self, text: str) -> str:
        """Return `text` masked and redacted: for stderr lines, progress and error texts."""
        return redact(self.text(text))

    def value(self, value: Any) -> Any:
        """Return a parsed JSON value with every string in it masked."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        return value


def _forms(value: str) -> set[str]:
    escaped = json.dumps(value)[1:-1]
    unescaped = json.dumps(value, ensure_ascii=False)[1:-1]
    twice = json.dumps(escaped)[1:-1]
    return {
        value,
        escaped,
        unescaped,
        twice,
        escaped.replace("/", "\\/"),
        unescaped.replace("/", "\\/"),
        quote(value, safe=""),
        quote(value),
    }
