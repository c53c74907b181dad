"""Reads newline-delimited messages from a child's stdout with bounds.

Security duty: a line beyond the limit is thrown away as it comes, never held; only its first and last bytes are
kept, to tell which request it was the answer to. A child that prints past the kill bound is given up.
"""

import os
import re
from collections.abc import Iterator

_PIECE_BYTES = 65536
_EDGE_BYTES = 512
_ID = re.compile(rb'"id"\s*:\s*(\d+)\s*[,}]')


class TooLong:
    """A line that was thrown away. `request_id` is the request it answered, None when it cannot be told."""

    __slots__ = ("request_id",)

    def __init__(self, head: bytes, tail: bytes) -> None:
        self.request_id = _id_in(head, tail)


class Endless(Exception):
    """More bytes came without a newline than a child may print."""


def read_lines(fd: int, limit: int, kill: int) -> Iterator[bytes | TooLong]:
    """Yield each line without its newline, or `TooLong`; ends at end of file. Raises Endless past `kill` bytes."""
    held = bytearray()
    dropped = 0
    head = tail = b""
    while True:
        piece = os.read(fd, _PIECE_BYTES)
        if not piece:
            return
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            part = piece[start:end]
            start = end + 1
            if dropped:
                yield TooLong(head, (tail + part)[-_EDGE_BYTES:])
                dropped = 0
            elif held:
                held += part
                whole, held = bytes(held), bytearray()
                yield TooLong(whole[:_EDGE_BYTES], whole[-_EDGE_BYTES:]) if len(whole) > limit else whole
            else:
                yield part
        rest = piece[start:]
        if dropped:
            dropped += len(rest)
            tail = (tail + rest)[-_EDGE_BYTES:]
        else:
            held += rest
            if len(held) > limit:
                dropped, head, tail = len(held), bytes(held[:_EDGE_BYTES]), bytes(held[-_EDGE_BYTES:])
                held = bytearray()
        if dropped > kill:
            raise Endless


def _id_in(head: bytes, tail: bytes) -> int | None:
    """Find the id where SDKs put it: before `result` at the head, or as one of the last members."""
    before = re.split(rb'"(?:result|error)"\s*:', head, maxsplit=1)[0]
    found = _ID.findall(before) or _ID.findall(tail[-64:])
    return int(found[-1]) if found else None
