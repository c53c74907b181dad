"""The gateway program's only way out over HTTP: one request to a remote MCP server.

Security duty: https only unless allowed; the name is resolved, every address checked, and the connection made to the
address that was checked; no redirect is followed; deadlines and size caps hold for head and body (`addresses`).
"""

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

import h11

from foundation.addresses import AddressRefused, OutboundPolicy, Target
from gateways.embedded.calls import Call, timed_out
from gateways.embedded.jsonrpc import RpcFailure, failure
from gateways.embedded.limits import DOOR_CONNECT_TIMEOUT_S, DOOR_IDLE_KEPT, DOOR_IDLE_MAX_S, HEAD_MAX_BYTES

_PIECE_BYTES = 65536
_context: ssl.SSLContext | None = None
_context_lock = threading.Lock()


class Line:
    """One connection to a remote server, used by one request at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_MAX_BYTES)
        self.idle_since = 0.0

    def fresh(self) -> bool:
        """Tell whether it can be used again: not idle for long, and nothing, not even an end, has come since."""
        if time.monotonic() - self.idle_since > DOOR_IDLE_MAX_S:
            return False
        try:
            return not select.select([self.sock], [], [], 0)[0]
        except (OSError, ValueError):
            return False

    def abort(self) -> None:
        """End it from another thread: a blocked read returns."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # already gone

    def close(self) -> None:
        self.sock.close()


class Answer:
    """A response whose body is still to be read. `close` in any case; headers are lower case."""

    def __init__(self, door: "Door", key: str, line: Line, call: Call, response: h11.Response) -> None:
        self.status = response.status_code
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        self._door, self._key, self._line, self._call = door, key, line, call
        self._whole = False

    def pieces(self, max_bytes: int) -> Iterator[bytes]:
        """Yield the body as it comes. Raises RpcFailure past `max_bytes`, the deadline, or on a broken line."""
        read = 0
        while True:
            event = _next(self._line, self._call)
            if isinstance(event, h11.Data):
                read += len(event.data)
                if read > max_bytes:
                    raise failure("exec.output.too_large", "The answer was too large.")
                yield bytes(event.data)
            else:
                self._whole = isinstance(event, h11.EndOfMessage)
                return

    def read(self, max_bytes: int) -> bytes:
        return b"".join(self.pieces(max_bytes))

    def close(self) -> None:
        self._call.on_cancel(None)
        self._door.give_back(self._key, self._line, self._whole)


class Door:
    """Makes requests under the address policy, and keeps a few connections for the next one."""

    def __init__(self, allow: Sequence[str]) -> None:
        """Read the allow list. Raises `foundation.addresses.AllowListError`."""
        self._policy = OutboundPolicy(allow)
        self._idle: dict[str, list[Line]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def check(self, url: str) -> Target:
        """Return the parts of a URL that may be asked for. Raises RpcFailure."""
        try:
            return self._policy.check_url(url)
        except AddressRefused as refused:
            raise failure("server.unreachable", f"The address is refused by the rule “{refused.rule}”.") from refused

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes, call: Call) -> Answer:
        """Send one request and return its answer, body unread. Raises RpcFailure."""
        target = self.check(url)
        line = self._line_to(target, call)
        call.on_cancel(line.abort)
        try:
            host = target.origin.partition("://")[2]
            fields = [("Host", host), ("Content-Length", str(len(body))), *headers.items()]
            head = h11.Request(method=method, target=target.path, headers=fields)
            out = line.protocol.send(head) or b""
            out += line.protocol.send(h11.Data(data=body)) or b"" if body else b""
            out += line.protocol.send(h11.EndOfMessage()) or b""
            line.sock.settimeout(max(0.001, call.left_s))
            line.sock.sendall(out)
            event = _next(line, call)
            while isinstance(event, h11.InformationalResponse):
                event = _next(line, call)
            if not isinstance(event, h11.Response):
                raise failure("server.unreachable", "The server closed the connection without an answer.")
            return Answer(self, target.origin, line, call, event)
        except (OSError, h11.LocalProtocolError) as broken:
            line.close()
            raise _broken(call, broken) from broken
        except RpcFailure:
            line.close()
            raise

    def give_back(self, key: str, line: Line, whole: bool) -> None:
        """Keep the connection for the next request when its answer was read to the end, else close it."""
        if whole and line.protocol.our_state is h11.DONE and line.protocol.their_state is h11.DONE:
            line.protocol.start_next_cycle()
            line.idle_since = time.monotonic()
            with self._lock:
                kept = self._idle.setdefault(key, [])
                if len(kept) < DOOR_IDLE_KEPT and not self._closed:
                    kept.append(line)
                    return
        line.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            lines = [line for kept in self._idle.values() for line in kept]
            self._idle.clear()
        for line in lines:
            line.close()

    def _line_to(self, target: Target, call: Call) -> Line:
        while True:
            with self._lock:
                kept = self._idle.get(target.origin)
                line = kept.pop() if kept else None
            if line is None:
                return self._connect(target, call)
            if line.fresh():
                return line
            line.close()

    def _connect(self, target: Target, call: Call) -> Line:
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            self._policy.check_addresses(target.host, target.port, [str(entry[4][0]) for entry in found])
        except AddressRefused as refused:
            raise failure("server.unreachable", f"The address is refused by the rule “{refused.rule}”.") from refused
        except OSError as unknown:
            raise failure("server.unreachable", "The server's name could not be resolved.") from unknown
        trouble: OSError | None = None
        for family, kind, protocol, _name, address in found[:4]:
            call.check()
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(max(0.001, min(DOOR_CONNECT_TIMEOUT_S, call.left_s)))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return Line(_secured(sock, target.host) if target.scheme == "https" else sock)
            except OSError as refused_connection:
                sock.close()
                trouble = refused_connection
        raise _broken(call, trouble or OSError("no address")) from trouble


def _secured(sock: socket.socket, host: str) -> socket.socket:
    global _context
    with _context_lock:
        if _context is None:
            _context = ssl.create_default_context()
    return _context.wrap_socket(sock, server_hostname=host)


def _next(line: Line, call: Call) -> object:
    """Return the next h11 event of the answer. Raises RpcFailure."""
    while True:
        try:
            event = line.protocol.next_event()
            if event is not h11.NEED_DATA:
                return event
            if not call.left_s:
                raise timed_out()
            line.sock.settimeout(max(0.001, call.left_s))
            line.protocol.receive_data(line.sock.recv(_PIECE_BYTES))
        except (OSError, h11.RemoteProtocolError) as broken:
            raise _broken(call, broken) from broken


def _broken(call: Call, cause: Exception) -> RpcFailure:
    """Return what a broken line means: the caller's cancel, the deadline, or a server that cannot be reached."""
    if call.ended:
        try:
            call.check()
        except RpcFailure as ended:
            return ended
    if isinstance(cause, TimeoutError) and not call.left_s:
        return timed_out()
    said = "certificate not trusted" if isinstance(cause, ssl.SSLCertVerificationError) else type(cause).__name__
    return failure("server.unreachable", f"The server could not be reached ({said}).")
