"""What each MCP method does with the session's servers: merged lists, and calls sent to the server that owns a name.

Tools and prompts are named `<server>__<name>`; the server and the plain name are in `_meta` as well. A resource keeps
its address; who has it is remembered from the last lists.
"""

import time
from collections.abc import Callable

from gateways.embedded.calls import Call
from gateways.embedded.fleet import Fleet
from gateways.embedded.jsonrpc import INVALID_PARAMS, METHOD_NOT_FOUND, Message, RpcFailure, failure
from gateways.embedded.limits import LIST_TIMEOUT_S, STARTING_WAIT_S
from gateways.embedded.log import log
from gateways.embedded.server import Server
from gateways.embedded.upstream import Retired, Upstream

SERVER_INFO = {"name": "mcp-catalog-console-gateway", "version": "0.1.0"}
CAPABILITIES: Message = {"tools": {}, "resources": {}, "prompts": {}}
_SERVER = "mcp-console/server"
_TOOL = "mcp-console/tool"
_SEPARATOR = "__"
_ADDRESSES_KEPT = 10_000
_TURN_S = 0.01


class Methods:
    """The methods of the `/mcp` endpoint that reach servers. Every one raises RpcFailure."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._owners: dict[str, str] = {}
        self._table: dict[str, Callable[[Message, Call], Message]] = {
            "ping": lambda _params, _call: {},
            "tools/list": self._tools,
            "tools/call": self._call_tool,
            "resources/list": lambda _p, _c: self._listed("resources/list", "resources", "resources"),
            "resources/templates/list": lambda _p, _c: self._listed(
                "resources/templates/list", "resourceTemplates", "resources"
            ),
            "resources/read": self._read_resource,
            "prompts/list": lambda _p, _c: self._listed("prompts/list", "prompts", "prompts"),
            "prompts/get": self._get_prompt,
        }

    def run(self, method: str, params: Message, call: Call) -> Message:
        handler = self._table.get(method)
        if handler is None:
            raise RpcFailure(METHOD_NOT_FOUND, "This gateway does not offer that method.")
        return handler(params, call)

    def _tools(self, _params: Message, _call: Call) -> Message:
        tools: list[Message] = []
        for server in self._fleet.servers():
            tools.extend(_qualified(tool, server.spec.name) for tool in server.status().tools)
        return {"tools": tools}

    def _call_tool(self, params: Message, call: Call) -> Message:
        server, tool = self._owner_of(params.get("name"))
        while True:
            upstream = _ready(server, call)
            if not any(known.get("name") == tool for known in upstream.tools):
                raise failure("exec.tool.unknown", "There is no such tool.", INVALID_PARAMS)
            try:
                return upstream.request("tools/call", _renamed(params, tool), call)
            except Retired:
                call.check()
                time.sleep(_TURN_S)  # between its retirement and the state that says so

    def _get_prompt(self, params: Message, call: Call) -> Message:
        server, prompt = self._owner_of(params.get("name"))
        return _ready(server, call).request("prompts/get", _renamed(params, prompt), call)

    def _owner_of(self, name: object) -> tuple[Server, str]:
        """Split a qualified name; with several readings, the longest server name that exists wins."""
        text = name if isinstance(name, str) else ""
        best = ""
        for known in self._fleet.names():
            if text.startswith(known + _SEPARATOR) and len(known) > len(best):
                best = known
        server = self._fleet.server(best) if best else None
        if server is None:
            raise failure("exec.tool.unknown", "There is no such tool.", INVALID_PARAMS)
        return server, text[len(best) + len(_SEPARATOR) :]

    def _listed(self, method: str, member: str, capability: str) -> Message:
        items: list[Message] = []
        for server, upstream in self._offering(capability):
            try:
                found = upstream.list_all(method, member, LIST_TIMEOUT_S)
            except RpcFailure as refused:
                log(f"{server.spec.name}: {method}: {refused.message}")
                continue
            for item in found:
                uri = item.get("uri")
                if isinstance(uri, str) and len(self._owners) < _ADDRESSES_KEPT:
                    self._owners[uri] = server.spec.name
            items.extend(_qualified(item, server.spec.name, rename=capability == "prompts") for item in found)
        return {member: items}

    def _read_resource(self, params: Message, call: Call) -> Message:
        meta, uri = params.get("_meta"), params.get("uri")
        named = meta.get(_SERVER) if isinstance(meta, dict) else self._owners.get(str(uri))
        owner = self._fleet.server(named) if isinstance(named, str) else None
        if owner is not None:
            return _ready(owner, call).request("resources/read", _renamed(params, None), call)
        refusal: RpcFailure | None = None
        for _server, upstream in self._offering("resources"):
            try:
                return upstream.request("resources/read", _renamed(params, None), call)
            except RpcFailure as refused:
                call.check()
                refusal = refused
        raise refusal or RpcFailure(INVALID_PARAMS, "There is no such resource.")

    def _offering(self, capability: str) -> list[tuple[Server, Upstream]]:
        found = ((server, server.when_ready(0.0)) for server in self._fleet.servers())
        return [(server, upstream) for server, upstream in found if upstream and capability in upstream.capabilities]


def _ready(server: Server, call: Call) -> Upstream:
    """Return the server's connection, waiting for one that is still starting. Raises RpcFailure."""
    upstream = server.when_ready(min(STARTING_WAIT_S, call.left_s))
    if upstream is not None:
        return upstream
    call.check()
    status = server.status()
    if status.state == "starting":
        raise failure("server.starting", "The server is still starting.", detail=status.progress)
    code = "server.crashed" if status.reason_code == "server.crashed" else "server.unavailable"
    raise failure(code, "The server is not available.", reason_code=status.reason_code, detail=status.detail)


def _qualified(item: Message, server: str, *, rename: bool = True) -> Message:
    meta = item.get("_meta")
    named = {**(meta if isinstance(meta, dict) else {}), _SERVER: server}
    if not rename:
        return {**item, "_meta": named}
    named[_TOOL] = item.get("name")
    return {**item, "name": f"{server}{_SEPARATOR}{item.get('name')}", "_meta": named}


def _renamed(params: Message, name: str | None) -> Message:
    """Return params for the server: its own name for the thing, and no `_meta` of this hop."""
    sent = {key: value for key, value in params.items() if key != "_meta"}
    meta = params.get("_meta")
    if isinstance(meta, dict):
        kept = {key: value for key, value in meta.items() if not key.startswith(("progressToken", "mcp-console/"))}
        if kept:
            sent["_meta"] = kept
    if name is not None:
        sent["name"] = name
    return sent
