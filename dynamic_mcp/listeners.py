"""What the gateways ask and tell: which servers should run, and what became of them.

Security duty: secrets are read from the vault here, when a gateway is about to start servers, and go nowhere else.
"""

import contextlib
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Approval, CatalogServer
from dynamic_mcp import notices
from dynamic_mcp.entries import ServerEntry
from dynamic_mcp.errors import CatalogServerUnknown
from dynamic_mcp.launch import Missing, server_spec
from dynamic_mcp.models import ServerState, SessionServer, SessionState
from dynamic_mcp.readiness import Readiness, readiness
from dynamic_mcp.states import SERVER_LIVE, SERVER_MOVES, before
from dynamic_mcp.tools import tools_kept
from foundation.errors import ConsoleError
from gateways import services as gateways
from gateways.errors import GatewayClosed
from gateways.models import Gateway, GatewayState
from gateways.specs import ServerSpec, ServerStatus
from people.models import User
from vault import services as vault
from vault.errors import SecretMissing, SecretUnreadable

_WANTED = (ServerState.STARTING, ServerState.READY)
_PROGRESS_CHARS = 200


def wanted_servers(gateway: Gateway) -> list[ServerSpec]:
    """Return the servers that should run in a session's gateway now; one that may not start is marked with its reason.

    A failed server is left out until somebody asks for another try. What holds for one never holds up the others.
    """
    rows = list(
        SessionServer.objects.filter(
            session_id=gateway.session_id, session__state=SessionState.ACTIVE, state__in=_WANTED
        ).select_related("session__owner")
    )
    names = [row.server for row in rows]
    rejected = set(
        CatalogServer.objects.filter(name__in=names, approval=Approval.REJECTED).values_list("name", flat=True)
    )
    specs: list[ServerSpec] = []
    for row in rows:
        try:
            spec = _spec(row, gateway, rejected=row.server in rejected)
        except ConsoleError as error:
            _write(row.pk, ServerState.FAILED, reason_code=error.code[:64], detail=str(error.detail), tools=[])
            if row.state == ServerState.READY:
                notices.server_failed(row)
            continue
        if spec is not None:
            specs.append(spec)
    return specs


def servers_told(gateway: Gateway, statuses: list[ServerStatus]) -> None:
    """Write down what a gateway says of its servers: short conditional updates, nothing for what did not change.

    A server that failed is taken out of the gateway, so that another try starts it afresh.
    """
    found = SessionServer.objects.filter(session_id=gateway.session_id, state__in=_WANTED)
    rows = {row.server: row for row in found.select_related("session__owner")}
    failed = False
    for status in statuses:
        row = rows.get(status.name)
        if row is None or status.state not in SERVER_LIVE:
            continue
        values: dict[str, Any] = {
            "reason_code": status.reason_code[:64],
            "detail": status.detail.replace("\0", "\ufffd"),
            "progress": status.progress.replace("\0", "\ufffd")[:_PROGRESS_CHARS]
            if status.state == ServerState.STARTING
            else "",
        }
        if status.state == ServerState.READY:
            values["tools"] = tools_kept(status.tools)
        same = row.state == status.state and all(getattr(row, name) == value for name, value in values.items())
        if not same:
            _write(row.pk, ServerState(status.state), **values)
            _notice(row, status.state, values)
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
    """Return {secret name: value} of the rows' secrets, without those that the vault no longer has or cannot open.

    One query while all are there. What is missing is asked for again when its server next starts.
    """
    names = {key: name for row in rows for name, key in row.secret_keys.items()}
    if not names:
        return {}
    try:
        values = vault.secrets_read_many(keys=list(names), owner=owner)
    except (SecretMissing, SecretUnreadable):
        values = {}
        for key in names:
            with contextlib.suppress(SecretMissing, SecretUnreadable):
                values[key] = vault.secret_read(key=key, owner=owner)
    return {names[key]: value for key, value in values.items()}


def _spec(row: SessionServer, gateway: Gateway, *, rejected: bool) -> ServerSpec | None:
    """Return what to start, or None when the server waits for a person again. Raises ConsoleError."""
    secrets = secrets_of([row], owner=gateway.owner)
    entry = ServerEntry.of({**row.entry, **({"approval": Approval.REJECTED} if rejected else {})})
    if not entry.kind:
        raise CatalogServerUnknown  # a row whose copy of the entry is not there: nothing to start
    gone = sorted(row.secret_keys.keys() - secrets.keys())
    if gone:
        detail = _("A stored secret is no longer there: please give it again.")
        waits = Readiness(ServerState.NEEDS_INPUT, Missing(secrets=gone), "server.input_missing", detail)
    else:
        waits = readiness(entry, row.config, sorted(secrets))
    if waits.state == ServerState.STARTING:
        return server_spec(entry, row.config, secrets, session_id=gateway.session_id, owner_id=gateway.owner_id)
    kept = {name: key for name, key in row.secret_keys.items() if name not in gone}
    _write(
        row.pk,
        waits.state,
        missing=waits.missing.to_json(),
        reason_code=waits.reason_code,
        detail=waits.detail,
        progress="",
        secret_keys=kept,
    )
    notices.server_waits(row)
    return None


def _notice(row: SessionServer, state: str, values: dict[str, Any]) -> None:
    """Tell the owner what nobody would see otherwise: a server that ran and runs no more, tools that changed."""
    if state == ServerState.FAILED and row.state == ServerState.READY:
        notices.server_failed(row)
    if state == ServerState.READY and row.tools and values["tools"] != row.tools:
        notices.tools_changed(row)


def _write(row_id: str, state: ServerState, **values: Any) -> None:
    SessionServer.objects.filter(pk=row_id, state__in=before(SERVER_MOVES, state)).update(
        state=state, updated_at=timezone.now(), **values
    )
