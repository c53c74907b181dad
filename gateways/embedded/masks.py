"""Replaces a server's own secrets in everything that leaves the gateway.

Security duty: each value of `spec.secrets` (8 characters or more) becomes `[secret NAME]`, also where it appears
escaped as JSON inside a text or percent-encoded in an address; keys of objects are masked like values.
"""

from foundation.redaction import Mask, redact


class Masker(Mask):
    """Masks one server's secrets. Without secrets it hands everything back untouched."""

    def shown(self, text: str) -> str:
        """Return `text` masked and redacted: for stderr lines, progress and error texts."""
        return redact(self.text(text))
