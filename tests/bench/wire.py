"""A keep-alive HTTP client with as little of its own as possible: what is measured is the other side."""

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit


class Wire:
    """One kept connection."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"Content-Type": "application/json", **headers}

    def call(self, method: str, path: str, body: Any = None) -> tuple[float, int, bytes, http.client.HTTPMessage]:
        """Return seconds, status, body and headers of one exchange."""
        payload = None if body is None else json.dumps(body)
        began = time.perf_counter()
        self._connection.request(method, path, payload, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        return time.perf_counter() - began, answer.status, content, answer.headers

    def remember(self, name: str, value: str) -> None:
        self._headers[name] = value

    def close(self) -> None:
        self._connection.close()
