"""Server-sent events, read and written (WHATWG HTML §9.2), as far as MCP uses them."""

from collections.abc import Iterable, Iterator

HEADERS = [
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-cache, no-transform"),
    ("X-Accel-Buffering", "no"),
]


class EventTooLarge(Exception):
    """One event is larger than allowed."""


def read_events(pieces: Iterable[bytes], limit: int) -> Iterator[tuple[str, bytes]]:
    """Yield (event name, data) for each event. Raises EventTooLarge when one has more than `limit` bytes."""
    name, size = "message", 0
    data: list[bytes] = []
    for line in _lines(pieces, limit):
        if not line:
            if any(data):  # one without data only names an id to resume from
                yield name, b"\n".join(data)
            name, data, size = "message", [], 0
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode("utf-8", "replace")
        elif field == b"data":
            size += len(value)
            if size > limit:
                raise EventTooLarge
            data.append(value)


def frame(data: bytes) -> bytes:
    """Return one message event carrying one line of JSON."""
    return b"event: message\ndata: " + data + b"\n\n"


def _lines(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if b"\n" in piece:
            *whole, rest = bytes(held).split(b"\n")
            held = bytearray(rest)
            for line in whole:
                yield line.rstrip(b"\r")
        if len(held) > limit:
            raise EventTooLarge
