"""One call of a tool through the session's gateway, and what its failures mean as exit codes."""

import time
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from dynamic_mcp import results
from dynamic_mcp.models import ServerState, Session, SessionServer
from dynamic_mcp.results import Result, failure
from dynamic_mcp.validation import SchemaUnusable, findings
from dynamic_mcp.waiting import LOOK_S, wait_until
from foundation.errors import ConsoleError
from gateways import errors
from gateways import services as gateways
from gateways.models import Gateway

STARTING_WAIT_S = 30.0
FRESH_WAIT_S = 10.0
_WAITS = {
    ServerState.NEEDS_INPUT: "exec.input_missing",
    ServerState.NEEDS_AUTHORIZATION: "exec.authorization_needed",
    ServerState.NEEDS_APPROVAL: "exec.approval_needed",
}


def call_tool(
    *,
    session: Session,
    row: SessionServer | None,
    tool: str,
    arguments: dict[str, Any],
    execution_id: str,
    timeout_s: float,
) -> Result:
    """Run a tool and return its outcome. `timeout_s` counts from the moment that the gateway is asked.

    Raises ConsoleError only for what no code stands for (the vault, say).
    """
    if row is None:
        return failure(results.NO_SUCH_TOOL, "exec.tool.unknown", _("No server of this session has such a tool."))
    if row.state == ServerState.STARTING:
        wait_until(lambda: not _still_starting(row), STARTING_WAIT_S)
    if row.state != ServerState.READY:
        return _not_ready(row)
    known = next((each for each in row.tools if each["name"] == tool), None)
    if known is None:
        return failure(results.NO_SUCH_TOOL, "exec.tool.unknown", _("The server has no such tool."))
    if wrong := _wrong_arguments(known["input_schema"], arguments):
        return failure(results.BAD_ARGUMENTS, "exec.arguments.invalid", wrong)
    params = {"name": tool_name(row.server, tool), "arguments": arguments}
    try:
        answer = _ask(session, "tools/call", params, execution_id, timeout_s)
    except ConsoleError as error:
        return _failed(error)
    return results.from_tool(tool, answer, max_bytes=settings.EXEC_OUTPUT_MAX_BYTES)


def list_through_gateway(*, session: Session, method: str, request_id: str) -> list[dict[str, Any]]:
    """Return what the session's servers offer by `resources/list` or `prompts/list`; empty before a server is added.

    Raises gateways.errors.GatewayUnavailable and RpcError.
    """
    if session.gateway is None:
        return []
    key = method.partition("/")[0]
    answer = _ask(session, method, {}, request_id, 30)
    found = answer.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def tool_name(server: str, tool: str) -> str:
    """Return a tool's name as the gateway offers it, qualified by its server."""
    return f"{server}__{tool}"


def _ask(session: Session, method: str, params: dict[str, Any], request_id: str, timeout_s: float) -> dict[str, Any]:
    """Send a request; a gateway that is not there is started once, when it is certain that nothing ran."""
    gateway = session.gateway
    if gateway is None:
        raise errors.GatewayUnavailable
    try:
        return gateways.gateway_request(
            gateway=gateway, method=method, params=params, request_id=request_id, timeout_s=timeout_s
        )
    except errors.GatewayUnavailable as error:
        if error.extra.get("sent"):
            raise
    gateways.gateway_ensure_running(gateway=gateway, timeout_s=STARTING_WAIT_S)
    return _ask_fresh(gateway, method, params, request_id, timeout_s)


def _ask_fresh(
    gateway: Gateway, method: str, params: dict[str, Any], request_id: str, timeout_s: float
) -> dict[str, Any]:
    """Send a request to a gateway that has just started: it may not have read yet which servers it has."""
    deadline = time.monotonic() + FRESH_WAIT_S
    while True:
        try:
            return gateways.gateway_request(
                gateway=gateway, method=method, params=params, request_id=request_id, timeout_s=timeout_s
            )
        except errors.ToolUnknown:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_S)


def _still_starting(row: SessionServer) -> bool:
    row.refresh_from_db(fields=["state", "tools", "reason_code", "detail"])
    return row.state == ServerState.STARTING


def _not_ready(row: SessionServer) -> Result:
    state = ServerState(row.state)
    if state in _WAITS:
        return failure(results.REFUSED, _WAITS[state], row.detail or _("The server waits for something."))
    detail = row.detail or _("The server does not run.")
    return failure(results.UNAVAILABLE, row.reason_code or "server.unavailable", detail)


def _wrong_arguments(schema: dict[str, Any], arguments: dict[str, Any]) -> str:
    """Return what does not fit, one line for each value; empty when all does or the server's schema is broken."""
    try:
        found = findings(schema, arguments)
    except SchemaUnusable:
        return ""  # the server checks its arguments itself
    return "\n".join(f"{item['path'] or '.'}: {item['message']}" for item in found)


def _failed(error: ConsoleError) -> Result:
    text = str(error.detail)
    match error:
        case errors.CallTimedOut():
            return failure(results.TIMED_OUT, error.code, text)
        case errors.CallCancelled():
            return failure(results.CANCELLED, error.code, text, state="cancelled")
        case errors.ToolUnknown():
            return failure(results.NO_SUCH_TOOL, error.code, text)
        case errors.ServerCrashed():
            return failure(results.LOST, error.code, text, state="lost")
        case errors.GatewayUnavailable() if error.extra.get("sent"):
            return failure(results.LOST, "exec.lost", text, state="lost")
        case errors.RpcError() if not isinstance(error, errors.ServerUnavailable | errors.ServerStarting):
            return failure(results.TOOL_ERROR, error.code, text)
        case _:
            return failure(results.UNAVAILABLE, error.code, text)
