"""The HTTP/1.1 server: one thread a connection, kept alive, everything bounded (parsing by h11, RFC 9112).

Security duty: heads, bodies, connections and times are capped, so that a slow or greedy client holds one bounded
thread and never the program; the address bound is the one the console gave, loopback by default.
"""

import socket
import threading
import time
from collections.abc import Callable

import h11

from gateways.embedded.exchange import ClientGone, Exchange
from gateways.embedded.limits import (
    BODY_MAX_BYTES,
    BODY_TIMEOUT_S,
    CONNECTIONS_MAX,
    HEAD_MAX_BYTES,
    HEAD_TIMEOUT_S,
    IDLE_TIMEOUT_S,
    SEND_TIMEOUT_S,
)
from gateways.embedded.log import log

_PIECE_BYTES = 65536
_DRAIN_S = 2.0
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener:
    """Accepts connections and hands each request to `handle`, which answers it."""

    def __init__(self, host: str, port: int, handle: Callable[[Exchange], None]) -> None:
        """Bind. Raises OSError when the address is taken."""
        self._handle = handle
        self._socket = socket.create_server((host, port), backlog=CONNECTIONS_MAX)
        self.port: int = self._socket.getsockname()[1]
        self._room = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._closing = False

    def start(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._closing = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError as already:
            log(f"closing the listener: {already}")
        self._socket.close()

    def _accept(self) -> None:
        while not self._closing:
            try:
                sock, _address = self._socket.accept()
            except OSError as broken:
                if not self._closing:
                    log(f"accept: {broken}")
                    time.sleep(0.1)  # out of file descriptors: give others time to close theirs
                continue
            if not self._room.acquire(blocking=False):
                _refuse(sock)
                continue
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_MAX_BYTES)
            while self._one(sock, protocol):
                protocol.start_next_cycle()
        except (OSError, ClientGone, h11.ProtocolError):
            pass  # the client's end of it; there is nobody to tell
        except Exception as broken:
            log(f"connection: {type(broken).__name__}: {broken}")
        finally:
            sock.close()
            self._room.release()

    def _one(self, sock: socket.socket, protocol: h11.Connection) -> bool:
        """Read and answer one request; return whether the connection can take another."""
        try:
            request = _read_head(sock, protocol)
            if request is None:
                return False
            body, fits = _read_body(sock, protocol, request)
        except TimeoutError:
            if protocol.trailing_data[0]:
                sock.sendall(_TIMED_OUT)
            return False
        except h11.RemoteProtocolError as malformed:
            if protocol.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                status, reason = malformed.error_status_hint, b"Malformed"
                fields = [("Content-Length", "0"), ("Connection", "close")]
                sock.sendall(protocol.send(h11.Response(status_code=status, headers=fields, reason=reason)) or b"")
            return False
        sock.settimeout(SEND_TIMEOUT_S)
        exchange = Exchange(sock, protocol, request, body, fits=fits)
        self._handle(exchange)
        if not fits:
            _drain(sock)
        return fits and protocol.our_state is h11.DONE and protocol.their_state is h11.DONE


def _read_head(sock: socket.socket, protocol: h11.Connection) -> h11.Request | None:
    deadline = time.monotonic() + IDLE_TIMEOUT_S
    begun = False
    while True:
        event = protocol.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None  # the client closed
        if not begun and protocol.trailing_data[0]:
            begun, deadline = True, time.monotonic() + HEAD_TIMEOUT_S
        _receive(sock, protocol, deadline)


def _read_body(sock: socket.socket, protocol: h11.Connection, request: h11.Request) -> tuple[bytes, bool]:
    """Return the body and whether it fits; a body beyond the cap is not read on."""
    for name, value in request.headers:
        if name == b"content-length" and int(value) > BODY_MAX_BYTES:
            return b"", False
    deadline = time.monotonic() + BODY_TIMEOUT_S
    body = bytearray()
    while True:
        if protocol.they_are_waiting_for_100_continue:
            sock.sendall(protocol.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        event = protocol.next_event()
        if isinstance(event, h11.Data):
            body += event.data
            if len(body) > BODY_MAX_BYTES:
                return b"", False
        elif isinstance(event, h11.EndOfMessage):
            return bytes(body), True
        elif event is h11.NEED_DATA:
            _receive(sock, protocol, deadline)
        else:
            raise ClientGone


def _drain(sock: socket.socket) -> None:
    """Take a refused body for a moment, so that the client reads the answer instead of a reset connection."""
    sock.shutdown(socket.SHUT_WR)
    deadline, left = time.monotonic() + _DRAIN_S, 4 * BODY_MAX_BYTES
    while left > 0 and (pause := deadline - time.monotonic()) > 0:
        sock.settimeout(pause)
        piece = sock.recv(_PIECE_BYTES)
        if not piece:
            return
        left -= len(piece)


def _receive(sock: socket.socket, protocol: h11.Connection, deadline: float) -> None:
    sock.settimeout(max(0.001, deadline - time.monotonic()))
    protocol.receive_data(sock.recv(_PIECE_BYTES))


def _refuse(sock: socket.socket) -> None:
    try:
        sock.settimeout(1.0)
        sock.sendall(_BUSY)
    except OSError as gone:
        log(f"a connection too many: {gone}")
    finally:
        sock.close()
