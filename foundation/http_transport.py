"""The guarded transport below `foundation.http`: resolve once, check every address, connect to a checked one.

Security duty: the name is resolved where the connection is made, so no second answer of a name server is ever used;
the name itself stays in SNI, the Host header and the certificate's check.
"""

import contextlib
import os
import queue
import socket
import ssl
import threading
import time
from contextvars import ContextVar
from functools import lru_cache
from types import TracebackType
from typing import Any

import certifi
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from foundation.addresses import AddressRefused, OutboundPolicy
from foundation.http_errors import (
    OutboundDns,
    OutboundRefused,
    OutboundRefusedConnection,
    OutboundTimeout,
    OutboundTooLarge,
)


class Deadline:
    """One span of time for a whole exchange. A watch shuts its sockets down when it is over, so that an answer that
    drips, in headers, TLS handshake or body, ends too. `over` tells whether that happened."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._watched: list[socket.socket] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._until

    def remaining(self) -> float:
        """Return the seconds left. Raises OutboundTimeout when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise OutboundTimeout
        return left

    def watch(self, connected: socket.socket) -> None:
        """Guard a connected socket. Its descriptor is doubled, since TLS takes the object itself over."""
        with self._lock:
            self._watched.append(socket.socket(fileno=os.dup(connected.fileno())))
            if self._timer is None:
                self._timer = threading.Timer(self.remaining(), self._shut)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            while self._watched:
                self._watched.pop().close()

    def _shut(self) -> None:
        with self._lock:
            for watched in self._watched:
                with contextlib.suppress(OSError):  # the other side was first
                    watched.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Deadline":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_guard: ContextVar[tuple[OutboundPolicy, Deadline]] = ContextVar("outbound_guard")


def resolve(host: str, port: int, timeout_s: float) -> list[str]:
    """Return the addresses of a host, in the system's order. Raises OutboundDns, OutboundTimeout."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    # The system's resolver knows no deadline: it is waited for from outside.
    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except queue.Empty as error:
        raise OutboundTimeout from error
    if isinstance(answer, OSError):
        raise OutboundDns from answer
    return answer


def _connect(host: str, port: int) -> socket.socket:
    policy, deadline = _guard.get()
    addresses = resolve(host, port, deadline.remaining())
    try:
        policy.check_addresses(host, port, addresses)
    except AddressRefused as error:
        raise OutboundRefused(error.rule) from error
    failure: OSError | None = None
    for position, address in enumerate(addresses):
        share = deadline.remaining() / (len(addresses) - position)  # a silent address leaves time for the next
        try:
            connected = socket.create_connection((address, port), timeout=share)
        except OSError as error:
            failure = error
            continue
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(deadline.remaining())
        deadline.watch(connected)
        return connected
    if isinstance(failure, TimeoutError):
        raise OutboundTimeout from failure
    raise OutboundRefusedConnection from failure


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


@lru_cache(maxsize=4)
def _tls_context(authorities: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authorities)  # reading the authorities takes longer than a handshake


def _read_whole(response: requests.Response, deadline: Deadline, max_bytes: int) -> None:
    """Read the body into `response.content`. Raises OutboundTooLarge, OutboundTimeout."""
    body = bytearray()
    try:
        for piece in response.iter_content(64 * 1024):
            body += piece
            if len(body) > max_bytes:
                raise OutboundTooLarge
    except requests.RequestException:
        if deadline.over:
            raise OutboundTimeout from None
        raise
    finally:
        response.close()
    if deadline.over:
        raise OutboundTimeout
    response._content = bytes(body)


class GuardedAdapter(HTTPAdapter):
    """A transport of `requests` with the policy in its connections; certificates are always verified.

    With `deadline` it serves one exchange of `foundation.http`, which reads the body itself. Otherwise each request
    gets `deadline_s` seconds for all of it, and its body, never streamed, ends at `max_bytes`.
    """

    def __init__(
        self,
        policy: OutboundPolicy,
        *,
        deadline: Deadline | None = None,
        deadline_s: float = 20.0,
        max_bytes: int = 4 * 1024 * 1024,
    ) -> None:
        self._policy = policy
        self._deadline = deadline
        self._deadline_s = deadline_s
        self._max_bytes = max_bytes
        super().__init__(pool_connections=1, pool_maxsize=1)

    def __enter__(self) -> "GuardedAdapter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send to a checked target; what the caller says of proxies and verification is ignored."""
        deadline = self._deadline or Deadline(self._deadline_s)
        token = _guard.set((self._policy, deadline))
        try:
            response = super().send(request, stream=True, timeout=deadline.remaining(), verify=True)
            if self._deadline is None:
                _read_whole(response, deadline, self._max_bytes)
            return response
        finally:
            _guard.reset(token)
            if self._deadline is None:
                deadline.close()

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            target = self._policy.check_url(request.url or "")
        except AddressRefused as error:
            raise OutboundRefused(error.rule) from error
        timeout = urllib3.Timeout(_guard.get()[1].remaining())
        if target.scheme == "http":
            return _Pool(target.host, target.port, timeout=timeout)
        context = _tls_context(os.environ.get("SSL_CERT_FILE") or certifi.where())
        return _TlsPool(target.host, target.port, timeout=timeout, ssl_context=context)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave verification to the pool's own context."""

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        raise OutboundRefused("proxy")
