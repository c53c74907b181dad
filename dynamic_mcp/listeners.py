"""What the gateways ask and tell: which servers should run, and what became of them.

Security duty: secrets are read from the vault here, when a gateway is about to start servers, and go nowhere else.
"""

import contextlib
from typing import Any

from django.utils import timezone

from dynamic_mcp.entries import ServerEntry
from dynamic_mcp.launch import server_spec
from dynamic_mcp.models import ServerState, SessionServer, SessionState
from dynamic_mcp.states import SERVER_LIVE, SERVER_MOVES, before
from foundation.errors import ConsoleError
from gateways import services as gateways
from gateways.errors import GatewayClosed
from gateways.models import Gateway, GatewayState
from gateways.specs import ServerSpec, ServerStatus
from people.models import User
from vault import services as vault

_WANTED = (ServerState.STARTING, ServerState.READY)
_PROGRESS_CHARS = 200


def wanted_servers(gateway: Gateway) -> list[ServerSpec]:
    """Return the servers that should run in a session's gateway now; one that may not start is marked failed.

    A failed server is left out until somebody asks for another try.
    """
    rows = SessionServer.objects.filter(
        session_id=gateway.session_id, session__state=SessionState.ACTIVE, state__in=_WANTED
    )
    specs: list[ServerSpec] = []
    for row in rows:
        try:
            secrets = secrets_of([row], owner=gateway.owner)
            specs.append(
                server_spec(
                    ServerEntry.of(row.entry),
                    row.config,
                    secrets,
                    session_id=gateway.session_id,
                    owner_id=gateway.owner_id,
                )
            )
        except ConsoleError as error:
            _write(row.pk, ServerState.FAILED, reason_code=error.code, detail=str(error.detail), tools=[])
    return specs


def servers_told(gateway: Gateway, statuses: list[ServerStatus]) -> None:
    """Write down what a gateway says of its servers: short conditional updates, nothing for what did not change.

    A server that failed is taken out of the gateway, so that another try starts it afresh.
    """
    rows = {row.server: row for row in SessionServer.objects.filter(session_id=gateway.session_id, state__in=_WANTED)}
    failed = False
    for status in statuses:
        row = rows.get(status.name)
        if row is None or status.state not in SERVER_LIVE:
            continue
        values: dict[str, Any] = {
            "reason_code": status.reason_code[:64],
            "detail": status.detail,
            "progress": status.progress[:_PROGRESS_CHARS] if status.state == ServerState.STARTING else "",
        }
        if status.state == ServerState.READY:
            values["tools"] = [_tool(tool) for tool in status.tools]
        same = row.state == status.state and all(getattr(row, name) == value for name, value in values.items())
        if not same:
            _write(row.pk, ServerState(status.state), **values)
        failed = failed or status.state == ServerState.FAILED
    if failed:
        with contextlib.suppress(GatewayClosed):
            gateways.gateway_want(gateway=gateway)


def gateway_changed(gateway: Gateway) -> None:
    """A gateway that could not start fails the servers that waited for it, with its reason."""
    if gateway.state == GatewayState.FAILED:
        SessionServer.objects.filter(session_id=gateway.session_id, state=ServerState.STARTING).update(
            state=ServerState.FAILED,
            reason_code=gateway.reason_code,
            detail=gateway.detail,
            progress="",
            updated_at=timezone.now(),
        )


def secrets_of(rows: list[SessionServer], *, owner: User) -> dict[str, str]:
    """Return {secret name: value} of the rows' secrets. Raises SecretMissing, SecretUnreadable."""
    names = {key: name for row in rows for name, key in row.secret_keys.items()}
    if not names:
        return {}
    values = vault.secrets_read_many(keys=list(names), owner=owner)
    return {names[key]: value for key, value in values.items()}


def _write(row_id: str, state: ServerState, **values: Any) -> None:
    SessionServer.objects.filter(pk=row_id, state__in=before(SERVER_MOVES, state)).update(
        state=state, updated_at=timezone.now(), **values
    )


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """Return a tool as rows keep it, from its MCP object."""
    return {
        "name": str(tool.get("name", "")),
        "description": str(tool.get("description") or ""),
        "input_schema": tool.get("inputSchema") if isinstance(tool.get("inputSchema"), dict) else {"type": "object"},
        "annotations": tool.get("annotations") if isinstance(tool.get("annotations"), dict) else {},
    }
