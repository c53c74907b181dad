"""A remote server over Streamable HTTP (MCP 2025-11-25, transports): JSON and event-stream answers, one session.

Security duty: the bearer is read from its 0600 file for each request and sent to the server's own origin only;
everything the server says is bounded and masked, also its error texts.
"""

import threading
from typing import Any

from gateways.embedded.calls import Call
from gateways.embedded.door import Answer, Door
from gateways.embedded.jsonrpc import Message, RpcFailure, encode, failure, notification, parse, request
from gateways.embedded.limits import LIST_TIMEOUT_S
from gateways.embedded.log import log
from gateways.embedded.sse import EventTooLarge, read_events
from gateways.embedded.upstream import StartFailed, Upstream, answer_to
from gateways.specs import Receipt, ServerSpec

_NOTICE_TIMEOUT_S = 5.0
_ERROR_BODY_BYTES = 64 * 1024


class SessionUnknown(Exception):
    """The server answered 404 to our session: it has forgotten it."""


def bearer_headers(spec: ServerSpec) -> dict[str, str]:
    """Return the configured headers and the bearer as its file holds it now. Raises RpcFailure."""
    headers = {**spec.headers, "User-Agent": "mcp-catalog-console"}
    if spec.bearer_file:
        try:
            with open(spec.bearer_file, encoding="ascii") as file:
                headers["Authorization"] = f"Bearer {file.read().strip()}"
        except (OSError, ValueError) as missing:
            raise failure("server.unauthorized", "The server's token is not there.") from missing
    return headers


class RemoteUpstream(Upstream):
    """One Streamable HTTP server. Each request runs in its caller's thread on a connection of its own."""

    def __init__(self, spec: ServerSpec, door: Door, body_limit: int) -> None:
        super().__init__(spec)
        self._door = door
        self._body_limit = body_limit
        self._session = ""
        self._negotiated = False
        self._last_id = 0
        self._lock = threading.Lock()
        self._renew_lock = threading.Lock()
        self._closed = threading.Event()

    def open(self) -> None:
        try:
            self._door.check(self.spec.url)
        except RpcFailure as refused:
            raise StartFailed("server.unreachable", refused.message) from refused

    def request(self, method: str, params: Message | None, call: Call) -> Message:
        used = self._session
        try:
            return self._exchange(method, params, call)
        except SessionUnknown:
            self._renew(used, call)
        try:
            return self._exchange(method, params, call)
        except SessionUnknown as again:
            raise failure("server.unavailable", "The server does not keep its session.") from again

    def notify(self, method: str, params: Message | None = None) -> None:
        self._post(notification(method, params), Call(_NOTICE_TIMEOUT_S)).close()

    def wait_closed(self) -> None:
        self._closed.wait()

    def close(self) -> Receipt:
        if not self._closed.is_set():
            self._closed.set()
            if self.starting is not None:
                self.starting.cancel()
            if self._session:
                threading.Thread(target=self._end_session, daemon=True).start()
            else:
                self._door.close()
        return Receipt()

    def _exchange(self, method: str, params: Message | None, call: Call) -> Message:
        with self._lock:
            self._last_id += 1
            own_id = self._last_id
        if call.listener is not None:
            params = dict(params or {})
            params["_meta"] = {**(params.get("_meta") or {}), "progressToken": own_id}
        try:
            message = self._round_trip(request(own_id, method, params), own_id, call)
            call.check()
        except RpcFailure as early:
            code = early.data.get("code") if isinstance(early.data, dict) else ""
            if code in ("exec.timeout", "exec.cancelled") and method != "initialize":
                told = {"requestId": own_id, "reason": early.message}
                threading.Thread(target=self._tell_cancelled, args=(told,), daemon=True).start()
            raise
        message = self.masker.value(message)
        if "error" in message:
            raise RpcFailure.from_json(message["error"])
        found = message.get("result")
        return found if isinstance(found, dict) else {}

    def _round_trip(self, message: Message, own_id: int, call: Call) -> Message:
        answer = self._post(message, call)
        try:
            if message["method"] == "initialize":
                self._session = answer.headers.get("mcp-session-id", "")
                self._negotiated = True
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "text/event-stream":
                return self._from_stream(answer, own_id, call)
            found = self._parsed(answer.read(self._body_limit))
            if found.get("id") != own_id:
                raise failure("server.bad_output", "The server answered another request.")
            return found
        finally:
            answer.close()

    def _from_stream(self, answer: Answer, own_id: int, call: Call) -> Message:
        try:
            for _name, data in read_events(answer.pieces(4 * self._body_limit), self._body_limit):
                message = self._parsed(data)
                if "method" not in message:
                    if message.get("id") == own_id:
                        return message
                elif "id" in message:
                    self._post(answer_to(message), Call(_NOTICE_TIMEOUT_S)).close()
                elif message["method"] == "notifications/progress" and call.listener is not None:
                    params = message.get("params")
                    if isinstance(params, dict) and params.get("progressToken") == own_id:
                        call.listener(self.masker.value(params))
        except EventTooLarge as large:
            raise failure("exec.output.too_large", "The answer was too large.") from large
        raise failure("server.unreachable", "The server's stream ended without an answer.")

    def _post(self, message: Message, call: Call) -> Answer:
        answer = self._door.request("POST", self.spec.url, self._headers(), encode(message), call)
        if 200 <= answer.status < 300:
            return answer
        try:
            if answer.status == 404 and self._session and message.get("method") != "initialize":
                raise SessionUnknown
            raise self._refusal(answer)
        finally:
            answer.close()

    def _refusal(self, answer: Answer) -> RpcFailure:
        if answer.status in (401, 403):
            return failure("server.unauthorized", f"The server answered {answer.status}.")
        if 300 <= answer.status < 400:
            return failure("server.unreachable", "The server answered a redirect, which is not followed.")
        try:
            body = self.masker.value(self._parsed(answer.read(_ERROR_BODY_BYTES)))
            if isinstance(body.get("error"), dict):
                return RpcFailure.from_json(body["error"])
        except RpcFailure as unread:
            log(f"{self.spec.name}: an error answer could not be read: {unread.message}")
        return failure("server.unreachable", f"The server answered {answer.status}.")

    def _headers(self) -> dict[str, str]:
        headers = bearer_headers(self.spec)
        headers["Content-Type"] = "application/json"
        headers["Accept"] = "application/json, text/event-stream"
        if self._session:
            headers["Mcp-Session-Id"] = self._session
        if self._negotiated:
            headers["MCP-Protocol-Version"] = self.protocol_version
        return headers

    def _parsed(self, raw: bytes) -> Message:
        try:
            found: Any = parse(raw)
        except ValueError as bad:
            raise failure("server.bad_output", "The server's answer is not JSON.") from bad
        if not isinstance(found, dict):
            raise failure("server.bad_output", "The server's answer is not a message.")
        return found

    def _renew(self, used: str, call: Call) -> None:
        """Initialise again, once for all callers that found the same session gone. Raises RpcFailure."""
        with self._renew_lock:
            if self._session == used:
                self._session, self._negotiated = "", False
                log(f"{self.spec.name}: its session was gone, initialising again")
                self.handshake(min(call.left_s, self.spec.start_timeout_s))

    def _tell_cancelled(self, params: Message) -> None:
        try:
            self.notify("notifications/cancelled", params)
        except (RpcFailure, SessionUnknown) as gone:
            log(f"{self.spec.name}: could not cancel: {gone}")

    def _end_session(self) -> None:
        try:
            self._door.request("DELETE", self.spec.url, self._headers(), b"", Call(LIST_TIMEOUT_S)).close()
        except RpcFailure as gone:
            log(f"{self.spec.name}: its session could not be ended: {gone.message}")
        finally:
            self._door.close()
