"""The local door: a session's own gateway, by its row's address and port, with its own bearer.

Security duty: nothing else is reachable through it, no redirect is followed and no other credential is sent.
One kept-alive connection per caller at a time; a round trip costs well below a millisecond on this side.
"""

import contextlib
import http.client
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from foundation.http_errors import LocalTimeout, LocalUnreachable, OutboundTooLarge

_PIECE = 256 * 1024
_KEPT = 16  # idle connections per gateway
DEFAULT_MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class LocalAnswer:
    """A finished answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection(http.client.HTTPConnection):
    """Sends a request's head and body as one piece: one system call, one segment, one wake-up of the other side."""

    _held: list[bytes] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._held = []
        try:
            super().request(*args, **kwargs)
            whole = b"".join(self._held)
        finally:
            self._held = None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class LocalEndpoint:
    """One gateway's address, port and bearer, with this process's idle connections to it. Safe for threads."""

    def __init__(self, address: str, port: int, bearer: str, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.address = address
        self.port = port
        self._bearer = bearer
        self._max_bytes = max_bytes
        self._idle: deque[_Connection] = deque()

    def __repr__(self) -> str:
        return f"LocalEndpoint({self.address}:{self.port})"  # never the bearer

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> LocalAnswer:
        """Send a GET, which is safe to repeat. Raises LocalUnreachable, LocalTimeout, OutboundTooLarge."""
        return self._call("GET", path, None, headers, timeout_s, repeatable=True, on_piece=None)

    def delete(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> LocalAnswer:
        """Send a DELETE, which is safe to repeat. Raises as `get`."""
        return self._call("DELETE", path, None, headers, timeout_s, repeatable=True, on_piece=None)

    def post(
        self,
        path: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 60.0,
        repeatable: bool = False,
        on_piece: Callable[[bytes], None] | None = None,
    ) -> LocalAnswer:
        """Send a POST; `timeout_s` bounds all of it, `on_piece` sees the body as it arrives.

        A kept connection that is seen closed before sending is replaced. One that closes after sending, before any
        byte of the answer, is tried once more only with `repeatable` (a list, a ping): a tool call may have run.
        Raises as `get`; `LocalUnreachable.sent` tells whether the request may have arrived.
        """
        return self._call("POST", path, body, headers, timeout_s, repeatable=repeatable, on_piece=on_piece)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        timeout_s: float,
        *,
        repeatable: bool,
        on_piece: Callable[[bytes], None] | None,
    ) -> LocalAnswer:
        sent_headers = {**(headers or {}), "Authorization": f"Bearer {self._bearer}"}
        until = time.monotonic() + timeout_s
        kept = self._take()
        if kept is not None:
            try:
                return self._exchange(kept, method, path, body, sent_headers, until, on_piece)
            except _ClosedEarly as error:
                if not repeatable:
                    raise LocalUnreachable(sent=True) from error
        fresh = _Connection(self.address, self.port)
        try:
            return self._exchange(fresh, method, path, body, sent_headers, until, on_piece)
        except _ClosedEarly as error:
            raise LocalUnreachable(sent=True) from error

    def _exchange(
        self,
        connection: _Connection,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        until: float,
        on_piece: Callable[[bytes], None] | None,
    ) -> LocalAnswer:
        finished = False
        try:
            _open(connection, until)
            connection.request(method, path, body, headers)
            wire = connection.sock  # the connection lets go of it when the answer ends with the stream
            response = connection.getresponse()
            content = self._read(wire, response, until, on_piece)
            finished = not response.will_close
        except TimeoutError as error:
            raise LocalTimeout from error
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            raise _ClosedEarly from error
        except (OSError, http.client.HTTPException) as error:
            raise LocalUnreachable(sent=True) from error
        finally:
            if finished and len(self._idle) < _KEPT:
                self._idle.append(connection)
            else:
                connection.close()
        return LocalAnswer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

    def _read(
        self,
        wire: socket.socket,
        response: http.client.HTTPResponse,
        until: float,
        on_piece: Callable[[bytes], None] | None,
    ) -> bytes:
        content = bytearray()
        if (response.length or 0) > self._max_bytes:
            raise OutboundTooLarge
        try:
            if on_piece is None and response.length is not None and response.length <= _PIECE:
                return response.read()  # the usual case, in one go
            while piece := response.read1(_PIECE):
                content += piece
                if len(content) > self._max_bytes:
                    raise OutboundTooLarge
                if on_piece is not None:
                    on_piece(piece)
                wire.settimeout(_left(until))
        except (http.client.RemoteDisconnected, ConnectionResetError) as error:
            raise LocalUnreachable(sent=True) from error  # part of the answer had come: never repeated
        return bytes(content)

    def _take(self) -> _Connection | None:
        """Return an idle connection that is still open; a closed one is readable before anything was sent."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            with contextlib.suppress(OSError, ValueError):  # the descriptor is gone: not open either
                if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                    return connection
            connection.close()


class _ClosedEarly(Exception):
    """The other side closed the connection before anything of the answer arrived."""


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise LocalTimeout
    return left


def _open(connection: _Connection, until: float) -> None:
    if connection.sock is None:
        connection.timeout = _left(until)
        try:
            connection.connect()
        except TimeoutError as error:
            raise LocalTimeout from error
        except OSError as error:
            raise LocalUnreachable(sent=False) from error
    else:
        connection.sock.settimeout(_left(until))
