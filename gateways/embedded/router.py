"""Who may ask, and which part answers.

Security duty: every path asks for the session's bearer, compared in constant time; a foreign Host or Origin is
refused before anything else is looked at (DNS rebinding).
"""

import hmac
from collections.abc import Callable

from gateways.embedded.exchange import Exchange
from gateways.embedded.limits import BODY_MAX_BYTES

Handler = Callable[[Exchange], None]


class Router:
    """Checks each request and calls the handler of its method and path."""

    def __init__(self, bearer: str) -> None:
        self._expected = f"bearer {bearer}".encode()
        self._hosts: set[str] = set()
        self._origins = {""}
        self._routes: dict[tuple[str, str], Handler] = {}

    def accept_hosts(self, hosts: set[str]) -> None:
        """Name the values of Host that are ours, each with its port; before this none is."""
        self._hosts = hosts
        self._origins = {"", *(f"http://{host}" for host in hosts)}

    def add(self, method: str, path: str, handler: Handler) -> None:
        self._routes[(method, path)] = handler

    def __call__(self, exchange: Exchange) -> None:
        headers = exchange.headers
        if headers.get("host", "").lower() not in self._hosts or headers.get("origin", "") not in self._origins:
            exchange.json(403, {"error": "This gateway is not reached by that name."})
            return
        if not self._knows(headers.get("authorization", "")):
            exchange.json(401, {"error": "The gateway's bearer is missing or wrong."}, [("WWW-Authenticate", "Bearer")])
            return
        if not exchange.fits:
            exchange.json(413, {"error": f"A body has {BODY_MAX_BYTES} bytes at most."}, [("Connection", "close")])
            return
        handler = self._routes.get((exchange.method, exchange.path))
        if handler is not None:
            handler(exchange)
            return
        allowed = sorted(method for method, path in self._routes if path == exchange.path)
        if allowed:
            exchange.json(405, {"error": "That method is not offered here."}, [("Allow", ", ".join(allowed))])
        else:
            exchange.json(404, {"error": "There is nothing here."})

    def _knows(self, given: str) -> bool:
        scheme, _, token = given.partition(" ")
        sent = f"{scheme.lower()} {token.strip()}".encode("latin-1", "replace")
        return hmac.compare_digest(sent, self._expected)
