"""A remote server over the legacy HTTP+SSE transport (MCP 2024-11-05): one GET stream, messages by POST.

Security duty: the endpoint the server names is taken only on its own origin, so that a bearer never goes elsewhere.
"""

import threading
from urllib.parse import urljoin

from gateways.embedded.calls import Call
from gateways.embedded.door import Answer, Door
from gateways.embedded.jsonrpc import Message, RpcFailure, encode, failure, parse
from gateways.embedded.log import log
from gateways.embedded.piped import PipedUpstream
from gateways.embedded.remote import bearer_headers
from gateways.embedded.sse import EventTooLarge, read_events
from gateways.embedded.upstream import StartFailed
from gateways.specs import Receipt, ServerSpec

_POST_TIMEOUT_S = 30.0
_STREAM_MAX_S = 30 * 24 * 3600.0


class SseUpstream(PipedUpstream):
    """One legacy server. A thread reads its stream; when the stream ends, the server counts as gone."""

    def __init__(self, spec: ServerSpec, door: Door, body_limit: int) -> None:
        super().__init__(spec)
        self._door = door
        self._body_limit = body_limit
        self._endpoint = ""
        self._named = threading.Event()
        self._closed = threading.Event()
        self._stream = Call(_STREAM_MAX_S)
        self._trouble = failure("server.unreachable", "The server's stream ended.")

    def open(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        if not self._named.wait(self.spec.start_timeout_s):
            self.close()
            raise StartFailed("server.start_timeout", "The server did not name its endpoint.")
        if not self._endpoint:
            reason = self._trouble.data["code"]
            raise StartFailed(reason, self.masker.shown(self._trouble.message))

    def send(self, message: Message) -> None:
        headers = {**bearer_headers(self.spec), "Content-Type": "application/json"}
        answer = self._door.request("POST", self._endpoint, headers, encode(message), Call(_POST_TIMEOUT_S))
        answer.close()
        if answer.status in (401, 403):
            raise failure("server.unauthorized", f"The server answered {answer.status}.")
        if not 200 <= answer.status < 300:
            raise failure("server.unreachable", f"The server answered {answer.status}.")

    def retire(self) -> None:
        return  # its process is not ours to end; the request is forgotten

    def wait_closed(self) -> None:
        self._closed.wait()

    def end_detail(self) -> str:
        return self.masker.shown(self._trouble.message)

    def close(self) -> Receipt:
        self._closed.set()
        self._stream.cancel()
        self._door.close()
        return Receipt()

    def _read(self) -> None:
        try:
            headers = {**bearer_headers(self.spec), "Accept": "text/event-stream"}
            answer = self._door.request("GET", self.spec.url, headers, b"", self._stream)
            try:
                self._read_answer(answer)
            finally:
                answer.close()
        except RpcFailure as broken:
            self._trouble = broken
        except EventTooLarge:
            self._trouble = failure("server.bad_output", "The server sent an event that is too large.")
        finally:
            self.lost(self._trouble)
            self._closed.set()
            self._named.set()

    def _read_answer(self, answer: Answer) -> None:
        if answer.status in (401, 403):
            raise failure("server.unauthorized", f"The server answered {answer.status}.")
        if answer.status != 200:
            raise failure("server.unreachable", f"The server answered {answer.status}.")
        for name, data in read_events(answer.pieces(1 << 50), self._body_limit):
            if name == "endpoint":
                self._name_endpoint(data.decode("utf-8", "replace").strip())
                continue
            try:
                message = parse(data)
            except ValueError:
                log(f"{self.spec.name}: an event was not JSON")
                continue
            if isinstance(message, dict):
                self.receive(message)

    def _name_endpoint(self, named: str) -> None:
        endpoint = urljoin(self.spec.url, named)
        if self._door.check(endpoint).origin != self._door.check(self.spec.url).origin:
            raise failure("server.unreachable", "The server named an endpoint on another origin.")
        self._endpoint = endpoint
        self._named.set()
