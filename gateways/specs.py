"""What a gateway is asked to run, and what it answers about it. Pure: shared by the console and the gateway program.

`servers.json` in a session's folder is `{"revision": n, "servers": [spec, …]}`; both sides read and write it by these
classes, so that a name is spelled once.
"""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class ServerSpec:
    """One server of a session, ready to start.

    `kind` is "package" or "image" (a child: `argv`, `env`, `cwd`) or "remote" (`url`, `transport` "streamable-http" or
    "sse", `headers`, `bearer_file`: path of a 0600 file read at each request, or ""). `secrets` (name to value) are
    masked in everything that leaves the gateway. Times are seconds.
    """

    name: str
    kind: str
    argv: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = ""
    url: str = ""
    transport: str = "streamable-http"
    headers: dict[str, str] = field(default_factory=dict)
    bearer_file: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    start_timeout_s: float = 120.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ServerSpec":
        return cls(**data)


@dataclass(frozen=True)
class ServerStatus:
    """What became of one server. `state` is "starting", "ready" or "failed"; `detail` is redacted.

    `tools` are MCP tool objects as the server gave them (plain names, `inputSchema` spelled as on the wire).
    """

    name: str
    state: str
    reason_code: str = ""
    detail: str = ""
    progress: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)
    pid: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ServerStatus":
        return cls(**data)


@dataclass(frozen=True)
class Receipt:
    """What stopping left behind. `left_over` is counted afterwards, never assumed."""

    processes_stopped: int = 0
    containers_removed: int = 0
    files_removed: int = 0
    left_over: int = 0

    def __add__(self, other: "Receipt") -> "Receipt":
        return Receipt(
            self.processes_stopped + other.processes_stopped,
            self.containers_removed + other.containers_removed,
            self.files_removed + other.files_removed,
            self.left_over + other.left_over,
        )

    def to_json(self) -> dict[str, int]:
        return asdict(self)
