"""Opaque identifiers: 26 characters, sortable by creation time (the ULID layout, lower case)."""

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """Return a fresh identifier: 48 bits of milliseconds and 80 random bits in Crockford's base 32."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
