"""The shapes of the session API, as in the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

NAME = Field(max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
Limit = Annotated[int, Field(ge=1, le=200)]
TOOL = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")


class StrictSchema(Schema):
    """A request body: a member that it does not know is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")


class SessionIn(StrictSchema):
    name: str = Field("", max_length=100)
    runtime: Literal["", "embedded", "docker", "external"] = ""
    gateway_id: str | None = Field(None, max_length=26)


class GatewayState(Schema):
    state: Literal["stopped", "starting", "running", "unhealthy", "failed"]
    runtime: str
    latency_ms: float | None


class Missing(Schema):
    config: list[str]
    secrets: list[str]


class Signature(Schema):
    result: str
    reason_code: str
    digest: str


class Tool(Schema):
    name: str
    description: str
    input_schema: dict[str, Any]
    annotations: dict[str, Any]


class ServerOut(Schema):
    server: str
    state: Literal["needs_input", "needs_authorization", "needs_approval", "starting", "ready", "failed", "stopping"]
    tools: list[Tool]
    missing: Missing
    signature: Signature | None
    reason_code: str
    detail: str
    authorize_url: str | None = None
    progress: str = ""


class SessionOut(Schema):
    id: str
    name: str
    runtime: str
    state: Literal["active", "ending", "ended"]
    gateway: GatewayState
    servers: list[ServerOut]
    created_at: datetime
    expires_at: datetime


class SessionList(Schema):
    results: list[SessionOut]
    count: int
    next_cursor: str | None


class ServerIn(StrictSchema):
    server: str = NAME
    config: dict[str, Any] | None = None
    secrets: dict[str, str] | None = None


class ConfigIn(StrictSchema):
    config: dict[str, Any]


class ConfigOut(Schema):
    server: str
    config: dict[str, Any]
    state: str
    applied: Literal["live", "restarted", "stored"]
    updated_at: datetime


class SessionTool(Tool):
    server: str | None


class ToolList(Schema):
    results: list[SessionTool]
    count: int
    next_cursor: str | None = None


class OfferList(Schema):
    """What the servers offer by `resources/list` or `prompts/list`, as MCP gives it, with the server's name."""

    results: list[dict[str, Any]]
    count: int
    next_cursor: str | None = None


class ExecIn(StrictSchema):
    tool: str = TOOL
    server: Annotated[str, NAME] | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)
    timeout_s: int | None = Field(None, ge=1, le=600)
    wait: bool = True


class ExecOut(Schema):
    """A run. `arguments`, `output`, `content` and `structured_content` are the owner's alone: null for an auditor."""

    execution_id: str
    session_id: str
    server: str
    tool: str
    state: Literal["queued", "running", "input_required", "finished", "cancelled", "lost"]
    arguments: dict[str, Any] | None
    output: str | None
    content: list[Any] | None
    structured_content: Any = None
    exit_code: int | None
    reason_code: str
    progress: dict[str, Any] | None = None
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    output_truncated: bool
    output_bytes: int


class ExecAccepted(Schema):
    execution_id: str
    state: str


class ExecRow(Schema):
    execution_id: str
    session_id: str
    server: str
    tool: str
    state: str
    exit_code: int | None
    reason_code: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    output_truncated: bool
    output_bytes: int


class ExecList(Schema):
    results: list[ExecRow]
    count: int
    next_cursor: str | None


class ReceiptOut(Schema):
    processes_stopped: int
    containers_removed: int
    files_removed: int
    left_over: int


class Problem(Schema):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry_steps: list[str]


class InvalidProblem(Problem):
    errors: list[dict[str, Any]]
