"""MCP sessions of this gateway's clients (MCP 2025-11-25, session management) and the calls they have in flight."""

import os
import threading
from typing import Any

from gateways.embedded.calls import Call
from gateways.embedded.limits import SESSIONS_MAX


class Sessions:
    """Ids of initialised clients, the oldest forgotten beyond the bound, and their cancellable calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, None] = {}
        self._calls: dict[tuple[str, str], Call] = {}

    def open(self) -> str:
        name = os.urandom(16).hex()
        with self._lock:
            self._known[name] = None
            while len(self._known) > SESSIONS_MAX:
                self._known.pop(next(iter(self._known)))
        return name

    def knows(self, name: str) -> bool:
        return name in self._known

    def end(self, name: str) -> None:
        """Forget a session and cancel what it has in flight."""
        with self._lock:
            self._known.pop(name, None)
            calls = [call for (owner, _id), call in self._calls.items() if owner == name]
        for call in calls:
            call.cancel()

    def begin(self, session: str, request_id: Any, call: Call) -> None:
        with self._lock:
            self._calls[(session, _key(request_id))] = call

    def finish(self, session: str, request_id: Any, call: Call) -> None:
        with self._lock:
            if self._calls.get((session, _key(request_id))) is call:
                del self._calls[(session, _key(request_id))]

    def cancel(self, session: str, request_id: Any) -> bool:
        """Cancel a call in flight; return whether there was one."""
        call = self._calls.get((session, _key(request_id)))
        if call is not None:
            call.cancel()
        return call is not None


def _key(request_id: Any) -> str:
    return f"{type(request_id).__name__}:{request_id}"
