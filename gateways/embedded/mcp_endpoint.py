"""`/mcp`: the session's MCP server over Streamable HTTP, both wire versions (2025-11-25 and 2026-07-28).

Security duty: one message a request, parsed with bounds; a session of another start of this program is 404; the
number of requests that wait and of open streams is bounded.
"""

import threading
import time
from typing import Any

from gateways.embedded import modern, sse
from gateways.embedded.calls import Call
from gateways.embedded.exchange import ClientGone, Exchange
from gateways.embedded.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    Message,
    RpcFailure,
    encode,
    error,
    notification,
    parse,
    result,
)
from gateways.embedded.limits import CALL_TIMEOUT_S, STREAM_S, STREAMS_MAX, WAITING_MAX
from gateways.embedded.log import log
from gateways.embedded.methods import CAPABILITIES, SERVER_INFO, Methods
from gateways.embedded.router import Router
from gateways.embedded.sessions import Sessions

_BUSY = [("Retry-After", "1")]
_HANDSHAKE_VERSIONS = [version for version in modern.SUPPORTED if version != modern.VERSION]


class McpEndpoint:
    """Answers the messages that clients post, and holds their idle streams."""

    def __init__(self, methods: Methods) -> None:
        self._methods = methods
        self._sessions = Sessions()
        self._waiting = threading.BoundedSemaphore(WAITING_MAX)
        self._streams = threading.BoundedSemaphore(STREAMS_MAX)
        self._leaving = threading.Event()

    def mount(self, router: Router) -> None:
        router.add("POST", "/mcp", self.post)
        router.add("GET", "/mcp", self.stream)
        router.add("DELETE", "/mcp", self.delete)

    def close(self) -> None:
        self._leaving.set()

    def post(self, exchange: Exchange) -> None:
        try:
            message = parse(exchange.body)
        except ValueError:
            exchange.json(400, error(None, RpcFailure(PARSE_ERROR, "The body is not JSON.")))
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not _shaped(message):
            exchange.json(400, error(None, RpcFailure(INVALID_REQUEST, "The body is not one JSON-RPC message.")))
            return
        stateless = modern.is_modern(exchange.headers, message)
        session = exchange.headers.get("mcp-session-id", "")
        if not stateless and message.get("method") != "initialize" and not self._admitted(exchange, session):
            return
        if "method" not in message:
            exchange.reply(202)  # an answer: nothing was asked
        elif "id" not in message:
            self._noticed(exchange, message, session, stateless=stateless)
        elif not self._waiting.acquire(blocking=False):
            exchange.json(503, {"error": "Too many requests are waiting."}, _BUSY)
        else:
            try:
                self._asked(exchange, message, session, stateless=stateless)
            finally:
                self._waiting.release()

    def stream(self, exchange: Exchange) -> None:
        """Hold an idle event stream for a while; it ends with the time after which to come again."""
        if not self._admitted(exchange, exchange.headers.get("mcp-session-id", "")):
            return
        if "text/event-stream" not in exchange.headers.get("accept", ""):
            exchange.json(406, {"error": "This answers an event stream."})
            return
        if not self._streams.acquire(blocking=False):
            exchange.json(503, {"error": "Too many streams are open."}, _BUSY)
            return
        try:
            exchange.stream(sse.HEADERS)
            exchange.part(b"retry: 1000\n\n")
            until = time.monotonic() + STREAM_S
            while (left := until - time.monotonic()) > 0 and not exchange.gone():
                if self._leaving.wait(min(1.0, left)):
                    break
            exchange.end()
        finally:
            self._streams.release()

    def delete(self, exchange: Exchange) -> None:
        session = exchange.headers.get("mcp-session-id", "")
        if self._admitted(exchange, session):
            self._sessions.end(session)
            exchange.reply(204)

    def _admitted(self, exchange: Exchange, session: str) -> bool:
        """Tell whether the request names a session that is known; answer it otherwise."""
        if not session:
            exchange.json(400, error(None, RpcFailure(INVALID_REQUEST, "Mcp-Session-Id is missing.")))
            return False
        if not self._sessions.knows(session):
            exchange.json(404, error(None, RpcFailure(INVALID_REQUEST, "This session is not known here.")))
            return False
        return True

    def _noticed(self, exchange: Exchange, message: Message, session: str, *, stateless: bool) -> None:
        params = message.get("params")
        if message["method"] == "notifications/cancelled" and isinstance(params, dict) and not stateless:
            self._sessions.cancel(session, params.get("requestId"))
        exchange.reply(202)

    def _asked(self, exchange: Exchange, message: Message, session: str, *, stateless: bool) -> None:
        method, request_id = str(message["method"]), message["id"]
        headers: list[tuple[str, str]] = []
        try:
            if stateless:
                modern.check(exchange.headers, message)
            params = _params(message)
            if method == "initialize" and not stateless:
                answer = result(request_id, _initialized(params))
                headers = [("Mcp-Session-Id", self._sessions.open())]
            elif method == "server/discover" and stateless:
                answer = result(request_id, modern.complete(method, _discovered(), SERVER_INFO))
            else:
                found = self._run(exchange, method, params, request_id, session, stateless=stateless)
                answer = result(request_id, modern.complete(method, found, SERVER_INFO) if stateless else found)
        except RpcFailure as problem:
            status = modern.status_of(problem) if stateless else 200
            self._answer(exchange, error(request_id, problem), status, headers)
        except ClientGone:
            raise
        except Exception as broken:
            log(f"{method}: {type(broken).__name__}: {broken}")
            self._answer(exchange, error(request_id, RpcFailure(INTERNAL_ERROR, "The gateway failed.")), 200, headers)
        else:
            self._answer(exchange, answer, 200, headers)

    def _run(
        self, exchange: Exchange, method: str, params: Message, request_id: Any, session: str, *, stateless: bool
    ) -> Message:
        meta = params.get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        wants_progress = token is not None and "text/event-stream" in exchange.headers.get("accept", "")

        def pass_on(progress: Message) -> None:
            if not exchange.streaming:
                exchange.stream(sse.HEADERS)
            named = notification("notifications/progress", {**progress, "progressToken": token})
            exchange.part(sse.frame(encode(named)))

        call = Call(
            _timeout_s(exchange) if method == "tools/call" else CALL_TIMEOUT_S,
            listener=pass_on if wants_progress else None,
            gone=exchange.gone if stateless else None,
        )
        if stateless:
            return self._methods.run(method, modern.without_envelope(params), call)
        self._sessions.begin(session, request_id, call)
        try:
            return self._methods.run(method, params, call)
        finally:
            self._sessions.finish(session, request_id, call)

    def _answer(self, exchange: Exchange, message: Message, status: int, headers: list[tuple[str, str]]) -> None:
        if exchange.streaming:
            exchange.part(sse.frame(encode(message)))
            exchange.end()
        else:
            exchange.json(status, message, headers)


def _shaped(message: Message) -> bool:
    """Tell whether a message is a request, a notification or an answer with an id that JSON-RPC allows."""
    if "id" in message and (isinstance(message["id"], bool) or not isinstance(message["id"], (str, int))):
        return False
    return isinstance(message.get("method"), str) or ("id" in message and ("result" in message or "error" in message))


def _params(message: Message) -> Message:
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise RpcFailure(-32602, "params is not an object.")
    return params


def _initialized(params: Message) -> Message:
    asked = params.get("protocolVersion")
    version = asked if asked in _HANDSHAKE_VERSIONS else _HANDSHAKE_VERSIONS[0]
    return {"protocolVersion": version, "capabilities": CAPABILITIES, "serverInfo": SERVER_INFO}


def _discovered() -> Message:
    return {"supportedVersions": modern.SUPPORTED, "capabilities": CAPABILITIES}


def _timeout_s(exchange: Exchange) -> float:
    """Return the console's time limit for a call in seconds, within the gateway's own. Raises RpcFailure."""
    given = exchange.headers.get("mcp-console-timeout-s")
    if given is None:
        return CALL_TIMEOUT_S
    try:
        seconds = float(given)
    except ValueError:
        raise RpcFailure(-32602, "Mcp-Console-Timeout-S is not a number of seconds.") from None
    return min(seconds, CALL_TIMEOUT_S) if seconds > 0 else CALL_TIMEOUT_S
