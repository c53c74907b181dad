"""AES-256-GCM under a key ring: sealed values open only under the identity they were sealed with.

Security duty: a sealed value is `version(1) | key id length(1) | key id | nonce(12) | ciphertext+tag`; the identity
(table, row, owner, purpose) is associated data, so a value copied to another row does not open.
Source: NIST SP 800-38D; `cryptography.hazmat.primitives.ciphers.aead.AESGCM`.
"""

import base64
import binascii
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_NONCE_BYTES = 12
_KEY_ID_BYTES = 16
HEAD_BYTES = 2 + _KEY_ID_BYTES  # enough of a sealed value to tell its key


class KeyRingError(ValueError):
    """The ring's text is malformed; the message says how, without any of its content."""


class SealError(ValueError):
    """A sealed value does not open: an unknown key, another identity, or a changed value."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by id; `active` seals, all of them open."""

    active: str
    keys: dict[str, AESGCM]

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read `id:base64key[,id:base64key…]`; the first is the active one. Raises KeyRingError."""
        keys: dict[str, AESGCM] = {}
        for entry in (part.strip() for part in text.split(",") if part.strip()):
            name, _, encoded = entry.partition(":")
            try:
                raw = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError) as error:
                raise KeyRingError("a key is not base64") from error
            if not 0 < len(name) <= _KEY_ID_BYTES or not name.isascii() or len(raw) != 32 or name in keys:
                raise KeyRingError("each key is `id:base64 of 32 bytes`, each id once, ASCII, at most 16 characters")
            keys[name] = AESGCM(raw)
        if not keys:
            raise KeyRingError("the key ring is empty")
        return cls(active=next(iter(keys)), keys=keys)

    def seal(self, value: bytes, identity: str) -> bytes:
        """Return `value` sealed under the active key, bound to `identity`."""
        nonce = os.urandom(_NONCE_BYTES)
        name = self.active.encode()
        header = bytes([_VERSION, len(name)]) + name
        return header + nonce + self.keys[self.active].encrypt(nonce, value, header + identity.encode())

    def open(self, sealed: bytes, identity: str) -> bytes:
        """Return the value. Raises SealError."""
        key_id = key_id_of(sealed)
        start = 2 + len(key_id.encode())
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        if key_id not in self.keys:
            raise SealError("sealed with a key that is not on the ring")
        try:
            return self.keys[key_id].decrypt(nonce, body, sealed[:start] + identity.encode())
        except InvalidTag as error:
            raise SealError("does not open under this identity") from error


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key that a value is sealed with. Raises SealError."""
    if len(sealed) < 2 + _NONCE_BYTES or sealed[0] != _VERSION:
        raise SealError("not a sealed value")
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")
