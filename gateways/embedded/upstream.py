"""The gateway's side of one MCP server, whatever carries the messages (MCP 2025-11-25: lifecycle, tools, pagination).

Requests of the server are answered from `ANSWERS`; no client capability is declared, so only `ping` is there.
Elicitation is added by declaring it in `CAPABILITIES` and answering `elicitation/create` here.
"""

from collections.abc import Callable
from typing import Any

from gateways.embedded.calls import Call
from gateways.embedded.jsonrpc import METHOD_NOT_FOUND, SERVER_ERROR, Message, RpcFailure, error, result
from gateways.embedded.limits import LIST_PAGES_MAX, TOOLS_MAX
from gateways.embedded.masks import Masker
from gateways.specs import Receipt, ServerSpec

PROTOCOL_VERSION = "2025-11-25"
CLIENT = {"name": "mcp-catalog-console", "version": "0.1.0"}
CAPABILITIES: Message = {}
ANSWERS: dict[str, Callable[[Message], Any]] = {"ping": lambda _params: {}}
TOOLS_CHANGED = "notifications/tools/list_changed"


class StartFailed(Exception):
    """A server did not come up: `reason` is the stable code, `detail` for people, already redacted."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Retired(RpcFailure):
    """The process takes no new calls, and nothing of this one was sent: its successor is about to be there."""

    def __init__(self) -> None:
        super().__init__(SERVER_ERROR, "The server is being replaced.", {"code": "server.starting"})


class Upstream:
    """One connection to one MCP server. Subclasses carry messages: `open`, `request`, `notify`, `close`."""

    def __init__(self, spec: ServerSpec) -> None:
        self.spec = spec
        self.masker = Masker(spec.secrets)
        self.capabilities: Message = {}
        self.protocol_version = PROTOCOL_VERSION
        self.tools: list[Message] = []
        self.pid: int | None = None
        self.starting: Call | None = None
        self.on_tools_changed: Callable[[], None] = lambda: None
        self.on_progress: Callable[[str], None] = lambda _line: None

    def open(self) -> None:
        """Start the process or the stream. Raises StartFailed."""
        raise NotImplementedError

    def request(self, method: str, params: Message | None, call: Call) -> Message:
        """Return the result of one request, masked. Raises RpcFailure."""
        raise NotImplementedError

    def notify(self, method: str, params: Message | None = None) -> None:
        raise NotImplementedError

    def wait_closed(self) -> None:
        """Return when the server is gone (by itself or by `close`)."""
        raise NotImplementedError

    def end_detail(self) -> str:
        """Say what the server left behind when it went: exit code and last lines, redacted."""
        return ""

    def close(self) -> Receipt:
        raise NotImplementedError

    def handshake(self, timeout_s: float) -> None:
        """Initialise and read the tool list. Raises RpcFailure."""
        self.starting = call = Call(timeout_s)
        answer = self.request(
            "initialize",
            {"protocolVersion": PROTOCOL_VERSION, "capabilities": CAPABILITIES, "clientInfo": CLIENT},
            call,
        )
        self.protocol_version = str(answer.get("protocolVersion") or PROTOCOL_VERSION)
        offered = answer.get("capabilities")
        self.capabilities = offered if isinstance(offered, dict) else {}
        self.notify("notifications/initialized")
        self.refresh_tools(call.left_s)

    def refresh_tools(self, timeout_s: float) -> None:
        """Read all pages of the tool list again. Raises RpcFailure."""
        if "tools" in self.capabilities or not self.capabilities:
            try:
                listed = self.list_all("tools/list", "tools", timeout_s)
            except RpcFailure as refused:
                if refused.code != METHOD_NOT_FOUND or "tools" in self.capabilities:
                    raise
                listed = []  # a server that declares nothing and has no tools
            self.tools = [tool for tool in listed if isinstance(tool.get("name"), str)][:TOOLS_MAX]

    def list_all(self, method: str, member: str, timeout_s: float) -> list[Message]:
        """Return the items of a paged list, bounded in pages. Raises RpcFailure."""
        call_deadline = Call(timeout_s)
        items: list[Message] = []
        cursor: Any = None
        seen: set[str] = set()
        for _ in range(LIST_PAGES_MAX):
            page = self.request(method, {"cursor": cursor} if cursor else {}, Call(call_deadline.left_s))
            found = page.get(member)
            items.extend(item for item in found if isinstance(item, dict)) if isinstance(found, list) else None
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or not cursor or cursor in seen:
                break
            seen.add(cursor)
        return items


def answer_to(message: Message) -> Message:
    """Return the response to a request the server made."""
    handler = ANSWERS.get(str(message.get("method")))
    if handler is None:
        return error(message["id"], RpcFailure(METHOD_NOT_FOUND, "This client does not offer that."))
    return result(message["id"], handler(message.get("params") or {}))
