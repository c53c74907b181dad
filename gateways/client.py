"""Calling a gateway's MCP side: one HTTP round trip a call, one upstream MCP session for all processes.

Source: MCP 2025-11-25, Streamable HTTP (`Mcp-Session-Id`, a 404 means: initialise anew) and cancellation.
"""

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.http import LocalAnswer, LocalEndpoint
from foundation.http_errors import LocalTimeout, LocalUnreachable, OutboundTooLarge
from gateways.endpoint import endpoint_of
from gateways.errors import CallTimedOut, GatewayUnavailable, OutputTooLarge, RpcError, rpc_error
from gateways.models import Gateway

PROTOCOL = "2025-11-25"
_HANDSHAKE_S = 10
_SPARE_S = 2.0  # the gateway's own deadline comes first, so that its answer tells what happened
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def gateway_request(
    *, gateway: Gateway, method: str, params: Mapping[str, Any], request_id: str, timeout_s: float
) -> dict[str, Any]:
    """Send one JSON-RPC request and return its result; `request_id` (an execution's id) is the JSON-RPC id.

    Raises GatewayUnavailable (nothing ran, or nobody knows: `extra["sent"]`), and RpcError and its kinds.
    """
    door = endpoint_of(gateway)
    payload = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": dict(params)}
    body = json.dumps(payload, separators=(",", ":")).encode()
    session = gateway.mcp_session_id or _session_renewed(gateway, door)
    for last in (False, True):
        answer = _post(door, body, session, timeout_s)
        if answer.status != 404 or last:
            return _result(answer)
        session = _session_renewed(gateway, door)
    raise AssertionError  # the loop above always returns


def gateway_cancel(*, gateway: Gateway, request_id: str, reason: str = "") -> None:
    """Tell the gateway to stop working on a request; whether it still could is seen in that request's answer.

    Raises GatewayUnavailable.
    """
    params = {"requestId": request_id, "reason": reason}
    body = json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}).encode()
    _post(endpoint_of(gateway), body, gateway.mcp_session_id, 5.0)


def handshake(door: LocalEndpoint) -> str:
    """Open an MCP session and return its id. Raises GatewayUnavailable, RpcError."""
    params = {
        "protocolVersion": PROTOCOL,
        "capabilities": {},
        "clientInfo": {"name": "mcp-catalog-console", "version": "1"},
    }
    body = json.dumps({"jsonrpc": "2.0", "id": "initialize", "method": "initialize", "params": params}).encode()
    answer = _post(door, body, "", _HANDSHAKE_S)
    _result(answer)
    session = answer.headers.get("mcp-session-id", "")[:100]
    _post(door, b'{"jsonrpc":"2.0","method":"notifications/initialized"}', session, _HANDSHAKE_S)
    return session


def _session_renewed(gateway: Gateway, door: LocalEndpoint) -> str:
    """Make the MCP session anew, once among all processes: the others wait for the row to show it."""
    old, until = gateway.mcp_session_id, time.monotonic() + _HANDSHAKE_S
    while time.monotonic() < until:
        now = timezone.now()
        free = Q(handshake_until=None) | Q(handshake_until__lt=now)
        row = Gateway.objects.filter(pk=gateway.pk, mcp_session_id=old)
        if row.filter(free).update(handshake_until=now + timedelta(seconds=_HANDSHAKE_S)):
            try:
                gateway.mcp_session_id = handshake(door)
            finally:
                row.update(handshake_until=None, mcp_session_id=gateway.mcp_session_id)
            return gateway.mcp_session_id
        gateway.refresh_from_db(fields=["mcp_session_id"])
        if gateway.mcp_session_id != old:
            return gateway.mcp_session_id
        time.sleep(0.01)
    raise GatewayUnavailable


def _post(door: LocalEndpoint, body: bytes, session: str, timeout_s: float) -> LocalAnswer:
    headers = {**_HEADERS, "MCP-Protocol-Version": PROTOCOL, "Mcp-Console-Timeout-S": f"{timeout_s:g}"}
    if session:
        headers["Mcp-Session-Id"] = session
    try:
        return door.post("/mcp", body, headers=headers, timeout_s=timeout_s + _SPARE_S)
    except LocalTimeout as error:
        raise CallTimedOut(-32001, _("The tool did not answer in time.")) from error
    except OutboundTooLarge as error:
        raise OutputTooLarge(-32001, _("The output is larger than the console takes.")) from error
    except LocalUnreachable as error:
        raise GatewayUnavailable(sent=error.sent) from error


def _result(answer: LocalAnswer) -> dict[str, Any]:
    try:
        message = json.loads(answer.body) if answer.body else {}
    except (ValueError, RecursionError) as error:
        raise GatewayUnavailable(_("The gateway's answer could not be read.")) from error
    error_object = message.get("error") if isinstance(message, dict) else None
    if isinstance(error_object, dict):
        data = error_object.get("data")
        number, text = error_object.get("code"), str(error_object.get("message", ""))
        raise rpc_error(number if isinstance(number, int) else 0, text, data if isinstance(data, dict) else {})
    if answer.status != 200 or not isinstance(message, dict) or not isinstance(message.get("result"), dict):
        raise GatewayUnavailable(_("The gateway answered with status %(status)s.") % {"status": answer.status})
    result: dict[str, Any] = message["result"]
    return result


__all__ = ["RpcError", "gateway_cancel", "gateway_request", "handshake"]
