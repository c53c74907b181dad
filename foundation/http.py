"""The only door for outbound HTTP.

Security duty: every hop is checked against the address policy and connected to the address that was checked; nothing
secret crosses an origin; proxies, cookies and netrc of the environment are ignored; time and size are bounded.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3
from django.conf import settings

from foundation.addresses import AddressRefused, OutboundPolicy, Target
from foundation.http_errors import (
    OutboundBroken,
    OutboundError,
    OutboundRefused,
    OutboundRefusedConnection,
    OutboundTimeout,
    OutboundTls,
    OutboundTooLarge,
)
from foundation.http_local import LocalAnswer, LocalEndpoint
from foundation.http_transport import Deadline, GuardedAdapter

__all__ = ["Answer", "LocalAnswer", "LocalEndpoint", "check_url", "fetch", "guarded_session", "outbound_policy"]

DEFAULT_DEADLINE_S = 20.0
DEFAULT_MAX_BYTES = 4 * 1024 * 1024
_MAX_HOPS = 5
_PIECE = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CROSS_ORIGIN_HEADERS = frozenset({"accept", "accept-language", "user-agent"})  # all else may carry a secret
_AGENT = "mcp-catalog-console"


@dataclass(frozen=True)
class Answer:
    """A finished answer. `headers` ignores case; `url` is the last hop's; `body` is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    elapsed_ms: float

    def json(self) -> Any:
        """Return the body as JSON. Raises ValueError (RecursionError becomes one)."""
        import json

        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("the JSON is nested too deeply") from error


@lru_cache(maxsize=8)
def _policy(allow: tuple[str, ...]) -> OutboundPolicy:
    return OutboundPolicy(allow)


def outbound_policy() -> OutboundPolicy:
    """Return the policy of the settings (`OUTBOUND_ALLOW`). Raises AllowListError."""
    return _policy(tuple(settings.OUTBOUND_ALLOW))


def check_url(url: str) -> Target:
    """Check a URL before it is saved, by the same rules as when it is used. Raises OutboundRefused."""
    try:
        return outbound_policy().check_url(url)
    except AddressRefused as error:
        raise OutboundRefused(error.rule) from error


def guarded_session(
    *,
    deadline_s: float = DEFAULT_DEADLINE_S,
    max_bytes: int = DEFAULT_MAX_BYTES,
    policy: OutboundPolicy | None = None,
) -> requests.Session:
    """Return a `requests` session behind the same guard, for libraries that bring their own messages.

    It follows no redirects, keeps no cookies and reads nothing from the environment; each request has `deadline_s` for
    all of it, and its body ends at `max_bytes`, as it came and decompressed. Raises as `fetch`.
    """
    session = _GuardedSession()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, GuardedAdapter(policy or outbound_policy(), deadline_s=deadline_s, max_bytes=max_bytes))
    return session


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: Any = None,
    deadline_s: float = DEFAULT_DEADLINE_S,
    max_bytes: int = DEFAULT_MAX_BYTES,
    redirects: bool = False,
    done: Callable[[bytes], bool] | None = None,
    policy: OutboundPolicy | None = None,
) -> Answer:
    """Send one request and return its answer, whatever its status.

    `deadline_s` bounds all of it, redirects and body included; `max_bytes` the body as it came and decompressed.
    `redirects` follows them for GET and HEAD only, at most five. `done` gets the body so far and ends the reading
    (an event stream that stays open). Raises OutboundRefused and the other errors of `foundation.http_errors`.
    """
    rules = policy or outbound_policy()
    started = time.monotonic()
    deadline = Deadline(deadline_s)
    given = {"User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate", **(headers or {})}
    follow = redirects and method.upper() in ("GET", "HEAD")
    with GuardedAdapter(rules, deadline=deadline) as adapter, deadline:
        for _hop in range(_MAX_HOPS + 1):
            target = _checked(rules, url)
            request = _prepared(method, target.url, headers=given, json=json, data=data)
            response = _sent(adapter, request, deadline)
            location = response.headers.get("Location")
            if not (follow and location and response.status_code in _REDIRECTS):
                body = b"" if method.upper() == "HEAD" else _body(response, deadline, max_bytes, done)
                elapsed_ms = (time.monotonic() - started) * 1000
                return Answer(response.status_code, response.headers, body, target.url, elapsed_ms)
            response.close()
            url, given = _next_hop(rules, target, location, given)
    raise OutboundRefused("redirects")


class _GuardedSession(requests.Session):
    """A session whose redirects are answers and whose cookies are forgotten."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["allow_redirects"] = False
        try:
            return super().request(*args, **kwargs)
        except requests.RequestException as error:
            raise _translated(error) from error
        finally:
            self.cookies.clear()


def _checked(rules: OutboundPolicy, url: str) -> Target:
    try:
        return rules.check_url(url)
    except AddressRefused as error:
        raise OutboundRefused(error.rule) from error


def _next_hop(
    rules: OutboundPolicy, target: Target, location: str, headers: dict[str, str]
) -> tuple[str, dict[str, str]]:
    hop = _checked(rules, urljoin(target.url, location))
    if target.scheme == "https" and hop.scheme == "http":
        raise OutboundRefused("scheme")
    if hop.origin != target.origin:
        headers = {name: value for name, value in headers.items() if name.lower() in _CROSS_ORIGIN_HEADERS}
        headers["Accept-Encoding"] = "gzip, deflate"
    return hop.url, headers


def _prepared(method: str, url: str, **parts: Any) -> requests.PreparedRequest:
    try:
        return requests.Request(method, url, **parts).prepare()
    except requests.RequestException:
        raise OutboundRefused("header") from None  # its text would show the header's value


def _sent(adapter: GuardedAdapter, request: requests.PreparedRequest, deadline: Deadline) -> requests.Response:
    try:
        return adapter.send(request, stream=True)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise OutboundTimeout if deadline.over else _translated(error) from error


def _body(
    response: requests.Response, deadline: Deadline, max_bytes: int, done: Callable[[bytes], bool] | None
) -> bytes:
    """Read the body in pieces; neither the wire's nor the decompressed size passes `max_bytes`."""
    body = bytearray()
    try:
        while piece := (response.raw.read1(_PIECE, decode_content=True) if done else _read(response)):
            body += piece
            if len(body) > max_bytes:
                raise OutboundTooLarge
            if done is not None and done(bytes(body)):
                break
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise OutboundTimeout if deadline.over else _translated(error) from error
    finally:
        response.close()
    if deadline.over:
        raise OutboundTimeout
    return bytes(body)


def _read(response: requests.Response) -> bytes:
    piece: bytes = response.raw.read(_PIECE, decode_content=True)
    return piece


def _translated(error: Exception) -> OutboundError:
    """Return this console's error for one of `requests`, urllib3 or the socket."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OutboundError):
            return seen
        if isinstance(seen, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
            return OutboundTls()
        if isinstance(seen, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
            return OutboundTimeout()
        if isinstance(seen, ConnectionRefusedError):
            return OutboundRefusedConnection()
        seen = seen.__cause__ or seen.__context__
    return OutboundBroken()
