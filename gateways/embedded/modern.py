"""The stateless wire, MCP 2026-07-28: what each request must carry and what each result has in addition.

Source: modelcontextprotocol.io/specification/2026-07-28, basic/transports/streamable-http ("Request Metadata") and
server/discover. Pure: headers and message in, an error or a result out.
"""

import base64
from collections.abc import Mapping
from typing import Any

from gateways.embedded.jsonrpc import INVALID_PARAMS, Message, RpcFailure

VERSION = "2026-07-28"
SUPPORTED = [VERSION, "2025-11-25", "2025-06-18", "2025-03-26"]
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022
_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
_SERVER_KEY = "io.modelcontextprotocol/serverInfo"
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_CACHEABLE = {
    "server/discover",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
}


def is_modern(headers: Mapping[str, str], message: Message) -> bool:
    """Tell whether a request is of the stateless wire: its header or its `_meta` names a version of that kind."""
    return headers.get("mcp-protocol-version", "") >= VERSION or _VERSION_KEY in _meta(message)


def check(headers: Mapping[str, str], message: Message) -> None:
    """Raise RpcFailure unless the headers say what the body says and the version is spoken here."""
    meta, method = _meta(message), message.get("method")
    header, body = headers.get("mcp-protocol-version", ""), meta.get(_VERSION_KEY)
    if header != body:
        raise RpcFailure(HEADER_MISMATCH, "MCP-Protocol-Version and the version in _meta differ.")
    if header != VERSION:
        data = {"supported": SUPPORTED, "requested": header}
        raise RpcFailure(UNSUPPORTED_VERSION, "This protocol version is not spoken here.", data)
    if headers.get("mcp-method") != method:
        raise RpcFailure(HEADER_MISMATCH, "Mcp-Method and the method differ.")
    params = message.get("params") or {}
    named = _NAMED.get(str(method))
    if named is not None and _decoded(headers.get("mcp-name", "")) != params.get(named):
        raise RpcFailure(HEADER_MISMATCH, "Mcp-Name and the name in the body differ.")
    if not isinstance(meta.get(_CAPABILITIES_KEY), dict):
        raise RpcFailure(INVALID_PARAMS, "_meta lacks the client's capabilities.")


def without_envelope(params: Message) -> Message:
    """Return params without the parts of `_meta` that belong to this hop."""
    meta = params.get("_meta")
    if not isinstance(meta, dict):
        return params
    kept = {key: value for key, value in meta.items() if not key.startswith("io.modelcontextprotocol/")}
    rest = {key: value for key, value in params.items() if key != "_meta"}
    return {**rest, "_meta": kept} if kept else rest


def complete(method: str, result: Message, server: Message) -> Message:
    """Return a result with what this wire asks for: its type, who answered, and how long it may be cached."""
    meta = result.get("_meta")
    full: Message = {
        "resultType": "complete",
        **result,
        "_meta": {**(meta if isinstance(meta, dict) else {}), _SERVER_KEY: server},
    }
    if method in _CACHEABLE:
        full = {"ttlMs": 0, "cacheScope": "private", **full}
    return full


def status_of(problem: RpcFailure) -> int:
    """Return the HTTP status of an error on this wire."""
    return {HEADER_MISMATCH: 400, UNSUPPORTED_VERSION: 400, -32601: 404, -32700: 400, -32600: 400}.get(
        problem.code, 200
    )


def _meta(message: Message) -> dict[str, Any]:
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta if isinstance(meta, dict) else {}


def _decoded(value: str) -> str | None:
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        return base64.b64decode(value[9:-2], validate=True).decode()
    except ValueError:
        return None
