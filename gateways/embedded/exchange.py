"""One HTTP request and its answer on a connection: what the router and the endpoints work with."""

import select
import socket
from collections.abc import Iterable, Mapping

import h11

from gateways.embedded.jsonrpc import encode

Headers = Iterable[tuple[str, str]]


class ClientGone(Exception):
    """The client hung up or did not read its answer in time."""


class Exchange:
    """The request (method, path, query, headers in lower case, body) and the means to answer it once."""

    def __init__(
        self, sock: socket.socket, protocol: h11.Connection, request: h11.Request, body: bytes, *, fits: bool = True
    ) -> None:
        self._sock = sock
        self._protocol = protocol
        self.method = request.method.decode("ascii")
        path, _, self.query = request.target.decode("latin-1").partition("?")
        self.path = path
        self.headers: Mapping[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers
        }
        self.body = body
        self.fits = fits
        self.answered = False
        self._streaming = False

    def json(self, status: int, value: object, headers: Headers = ()) -> None:
        """Answer with a JSON value. Raises ClientGone."""
        self.reply(status, encode(value), [("Content-Type", "application/json"), *headers])

    def reply(self, status: int, body: bytes = b"", headers: Headers = ()) -> None:
        """Answer with a whole body. Raises ClientGone."""
        self.answered = True
        fields = [*headers, ("Content-Length", str(len(body)))]
        out = self._protocol.send(h11.Response(status_code=status, headers=fields)) or b""
        if body:
            out += self._protocol.send(h11.Data(data=body)) or b""
        self._send(out + (self._protocol.send(h11.EndOfMessage()) or b""))

    def stream(self, headers: Headers) -> None:
        """Begin an answer whose parts follow by `part`, ended by `end`. Raises ClientGone."""
        self.answered = self._streaming = True
        self._send(self._protocol.send(h11.Response(status_code=200, headers=list(headers))) or b"")

    @property
    def streaming(self) -> bool:
        return self._streaming

    def part(self, data: bytes) -> None:
        self._send(self._protocol.send(h11.Data(data=data)) or b"")

    def end(self) -> None:
        self._send(self._protocol.send(h11.EndOfMessage()) or b"")

    def gone(self) -> bool:
        """Tell whether the client has hung up."""
        try:
            if not select.select([self._sock], [], [], 0)[0]:
                return False
            return not self._sock.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    def _send(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except OSError as gone:
            raise ClientGone from gone
