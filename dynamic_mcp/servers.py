"""The servers of a session: added, started again, removed."""

import contextlib
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import services as audit
from audit.models import Verb
from catalog.models import CatalogServer, Kind
from dynamic_mcp import configuration, selectors
from dynamic_mcp.enqueue import enqueue
from dynamic_mcp.entries import ServerEntry, snapshot
from dynamic_mcp.errors import CatalogServerUnknown, ServerExists, ServerUnknown, SessionEnded
from dynamic_mcp.models import ServerState, Session, SessionServer, SessionState
from dynamic_mcp.readiness import address_check, readiness
from dynamic_mcp.sessions import refused, secrets_forget
from dynamic_mcp.states import SERVER_LIVE, SERVER_MOVES, before
from dynamic_mcp.waiting import wait_until
from foundation.errors import ConsoleError
from gateways import selectors as gateway_selectors
from gateways import services as gateways
from gateways.errors import GatewayClosed, RuntimeUnavailable
from gateways.specs import Receipt
from people.models import User

ADD_WAIT_S = 30.0
REMOVE_WAIT_S = 20.0


def server_add(
    *,
    user: User,
    session_id: str,
    server: str,
    config: dict[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> tuple[SessionServer, bool]:
    """Put a catalogue server into a session and start it; return its row and whether it is new.

    The same add again gives what is there, and starts it again where it had failed. Raises NotFound, SessionEnded,
    CatalogServerUnknown, ConfigInvalid, SecretUnknown; ServerExists, ServerRefused, RuntimeUnavailable (409) with
    nothing started.
    """
    session = selectors.session_active(user, session_id)
    row = selectors.servers_in(session).filter(server=server).first()
    if row is not None:
        return _add_again(row, user, config, secrets), False
    found = CatalogServer.objects.filter(name=server).first()
    if found is None:
        raise CatalogServerUnknown
    entry = ServerEntry.of(snapshot(found))
    try:
        _check(entry, config or {}, secrets or {})
    except ConsoleError as error:
        if error.status == 409:
            refused(session=session, actor=user, verb=Verb.SERVER_ADD, code=error.code, server=server)
        raise
    try:
        return _insert(session, user, found, config or {}, secrets or {}), True
    except IntegrityError:  # the same add, at the same moment, was first
        return _add_again(selectors.server_in(session, server), user, config, secrets), False


def server_wait(*, row: SessionServer, timeout_s: float = ADD_WAIT_S) -> SessionServer:
    """Return the row once the server is ready or failed, or as it is after `timeout_s` seconds.

    Raises SessionEnded or ServerUnknown when it was taken away meanwhile.
    """

    def settled() -> bool:
        state = SessionServer.objects.filter(pk=row.pk).values_list("state", flat=True).first()
        return state != ServerState.STARTING

    wait_until(settled, timeout_s)
    row.refresh_from_db()
    if row.state == ServerState.REMOVED:
        raise ServerUnknown if row.session.state == SessionState.ACTIVE else SessionEnded
    return row


def settle(*, row: SessionServer, restart: bool) -> str:
    """Put the row into the state that its input allows, and start it (again, with `restart`) where it has all of it.

    Returns the new state. Called inside the transaction that changed the input.
    """
    entry = ServerEntry.of(row.entry)
    ready = readiness(entry, row.config, sorted(row.secret_keys))
    if ready.state == ServerState.STARTING and row.state in (ServerState.READY, ServerState.STARTING) and not restart:
        return row.state
    moved = SessionServer.objects.filter(pk=row.pk, state__in=before(SERVER_MOVES, ready.state)).update(
        state=ready.state,
        missing=ready.missing.to_json(),
        reason_code=ready.reason_code,
        detail=ready.detail,
        progress="",
        updated_at=timezone.now(),
    )
    if not moved:
        row.refresh_from_db(fields=["state"])
        return row.state
    was, row.state = row.state, ready.state
    gateway = row.session.gateway
    if gateway is not None and (ready.state == ServerState.STARTING or was in SERVER_LIVE):
        gateways.gateway_want(gateway=gateway)
    return row.state


def server_remove(*, session: Session, user: User, name: str) -> Receipt:
    """Stop a server, delete its files and secrets, and return the receipt; again: the stored receipt.

    After REMOVE_WAIT_S what is not known to be gone counts as left over. Raises ServerUnknown.
    """
    row = selectors.servers_in(session).filter(server=name).first()
    if row is None:
        gone = session.servers.filter(server=name, state=ServerState.REMOVED).order_by("-updated_at", "-pk").first()
        if gone is None:
            selectors.server_in(session, name)
            return Receipt()
        return Receipt(**gone.receipt) if gone.receipt else Receipt()
    _begin_removal(row, user)
    wait_until(lambda: SessionServer.objects.filter(pk=row.pk, receipt__isnull=False).exists(), REMOVE_WAIT_S)
    row.refresh_from_db(fields=["receipt"])
    return Receipt(**row.receipt) if row.receipt else Receipt(left_over=1)


def server_stopped(*, row: SessionServer) -> None:
    """Count what removing a server left and write it down (the task's work, safe to repeat)."""
    gateway = row.session.gateway
    receipt = Receipt()
    if gateway is not None:
        # A gateway at rest is not started to stop a server in it. Asked here, after the row says `stopping`: whoever
        # starts the gateway later no longer finds the server wanted.
        with contextlib.suppress(GatewayClosed):
            if not gateway_selectors.is_idle(gateway):
                gateways.gateway_want(gateway=gateway)
        receipt = gateways.server_removed_receipt(gateway=gateway, name=row.server)
    secrets_forget(session=row.session, server=row.server)
    values: dict[str, Any] = {"receipt": receipt.to_json(), "updated_at": timezone.now()}
    if not receipt.left_over:
        values["state"] = ServerState.REMOVED
    if SessionServer.objects.filter(pk=row.pk, state=ServerState.STOPPING).update(**values):
        detail = {"server": row.server, "step": "removed", **receipt.to_json()}
        audit.record(Verb.SERVER_REMOVE, actor=None, obj=row.session, detail=detail)


def removals_resume() -> int:
    """Take up the removals of live sessions that a dead worker left half done; return how many."""
    from dynamic_mcp.tasks import server_stop  # tasks call services

    rows = SessionServer.objects.filter(state=ServerState.STOPPING, session__state=SessionState.ACTIVE)
    for row in rows.select_related("session__gateway"):
        enqueue(server_stop, row.pk, gateway=row.session.gateway)
    return rows.count()


def _begin_removal(row: SessionServer, user: User) -> None:
    from dynamic_mcp.tasks import server_stop  # tasks call services

    gateway = row.session.gateway
    with transaction.atomic():
        moved = SessionServer.objects.filter(pk=row.pk, state__in=before(SERVER_MOVES, ServerState.STOPPING)).update(
            state=ServerState.STOPPING, receipt=None, updated_at=timezone.now()
        )
        if moved:
            audit.record(Verb.SERVER_REMOVE, actor=user, obj=row.session, detail={"server": row.server})
        enqueue(server_stop, row.pk, gateway=gateway)


def _check(entry: ServerEntry, config: dict[str, Any], secrets: Mapping[str, str]) -> None:
    configuration.config_check(entry=entry, config=config, complete=False)
    configuration.secrets_check(entry=entry, values=secrets)
    address_check(entry, config)
    if entry.kind in (Kind.IMAGE, Kind.POCI) and (reason := gateway_selectors.image_support()):
        raise RuntimeUnavailable(reason)


def _insert(
    session: Session, user: User, found: CatalogServer, config: dict[str, Any], secrets: Mapping[str, str]
) -> SessionServer:
    with transaction.atomic():
        row = SessionServer(session=session, server=found.name, entry=snapshot(found), state=ServerState.NEEDS_INPUT)
        row.config = config
        row.save(force_insert=True)
        if secrets:
            row.secret_keys = configuration.secrets_kept(user=user, keys={}, values=secrets)
            row.save(update_fields=["secret_keys"])
        state = settle(row=row, restart=True)
        audit.record(Verb.SERVER_ADD, actor=user, obj=session, detail={"server": row.server, "state": state})
    return row


def _add_again(
    row: SessionServer, user: User, config: dict[str, Any] | None, secrets: Mapping[str, str] | None
) -> SessionServer:
    if row.state == ServerState.STOPPING or (config is not None and config != row.config):
        raise ServerExists
    if secrets:
        configuration.secrets_set(row=row, user=user, values=secrets)
    elif row.state not in (ServerState.READY, ServerState.STARTING):
        # An approval given meanwhile counts; what the entry runs stays as it was when it was added.
        approval = CatalogServer.objects.filter(name=row.server).values_list("approval", flat=True).first()
        if approval is not None and approval != row.entry.get("approval"):
            row.entry = {**row.entry, "approval": approval}
            SessionServer.objects.filter(pk=row.pk).update(entry=row.entry)
        with transaction.atomic():
            state = settle(row=row, restart=True)
            audit.record(Verb.SERVER_ADD, actor=user, obj=row.session, detail={"server": row.server, "state": state})
    return row
