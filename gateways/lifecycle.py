"""From "this gateway should run these servers" to a process that does, and back to nothing.

A row's `desired_revision` grows with every wish; `gateway_apply`, a task that is safe to run twice, works under the
row's lease until `applied_revision` has caught up. HTTP and process starts happen outside of any transaction.
"""

import contextlib
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.models import Outcome, Verb
from audit.services import record
from foundation.errors import ConsoleError
from foundation.http import LocalEndpoint
from foundation.ids import new_id
from foundation.redaction import redact
from gateways import client, control, hooks, lease
from gateways.endpoint import bearer_seal, endpoint_of, forget
from gateways.errors import GatewayClosed, GatewayUnavailable, LeaseLost
from gateways.models import Gateway, GatewayState, Runtime
from gateways.queueing import enqueue_apply
from gateways.runtimes import embedded
from gateways.selectors import gateways_alive
from gateways.specs import Receipt, ServerSpec
from gateways.states import Event, after
from people.models import User

_GRACE_S = 10.0  # on top of the slowest server's own start deadline
GONE: dict[str, Any] = {"pid": None, "process_started": None, "port": None, "bearer_sealed": None, "mcp_session_id": ""}


def gateway_create(*, owner: User, session_id: str, runtime: str) -> Gateway:
    """Make the row of a session's local gateway on this node; its process starts when it is wanted."""
    return Gateway.objects.create(
        owner=owner,
        session_id=session_id,
        runtime=Runtime(runtime),
        node=settings.NODE_NAME,
        address=settings.NODE_ADDRESS,
    )


def gateway_want(*, gateway: Gateway) -> None:
    """Say that the wanted servers changed: the node's worker applies them once this transaction has committed.

    Raises GatewayClosed once the session has ended.
    """
    if not Gateway.objects.filter(pk=gateway.pk, closed=False).update(desired_revision=F("desired_revision") + 1):
        raise GatewayClosed
    gateway.refresh_from_db(fields=["desired_revision"])
    transaction.on_commit(lambda: enqueue_apply(gateway))


def gateway_apply(*, gateway_id: str) -> None:
    """Bring the gateway to what is wanted: a living process, its servers, and word of what became of them.

    Whoever holds the lease goes on until nothing newer is wanted, so a second call returns at once.
    """
    holder = new_id()
    while lease.claim(gateway_id, holder):
        tried = None
        try:
            tried = _catch_up(Gateway.objects.get(pk=gateway_id), holder)
        except LeaseLost:  # stopped, or taken over: whoever has it now tells the rest
            closed = Gateway.objects.filter(pk=gateway_id, closed=True).first()
            if closed is not None:
                embedded.stop(closed)  # what this worker made while it was being stopped
            return
        finally:
            lease.release(gateway_id, holder)
        # A wish that came between the last look and the release found the lease taken: it is ours to fulfil.
        if not Gateway.objects.filter(pk=gateway_id).exclude(desired_revision=tried).exists():
            return


def gateway_ensure_running(*, gateway: Gateway, timeout_s: float = 30) -> None:
    """Wait until the gateway's process runs, starting it where it does not; `gateway` is read anew.

    Raises GatewayUnavailable when it does not come up within `timeout_s` seconds, GatewayClosed when its session
    has ended.
    """
    deadline, asked = time.monotonic() + timeout_s, False
    while True:
        gateway.refresh_from_db()
        if gateway.closed:
            raise GatewayClosed
        if gateway.state == GatewayState.RUNNING and embedded.is_alive(gateway):
            return
        if asked and gateway.state == GatewayState.FAILED and gateway.lease_until is None:
            raise GatewayUnavailable(gateway.detail or None)
        if time.monotonic() >= deadline:
            raise GatewayUnavailable(_("The gateway did not start in time."))
        if not asked:
            asked = True
            enqueue_apply(gateway)
        else:
            time.sleep(0.02)


def gateway_stop(*, gateway_id: str, close: bool = True) -> Receipt:
    """Stop the gateway and all it started, remove its folder, and count what is left.

    Runs on the gateway's own node. With `close` (the session ends) it never starts again. Safe to repeat: a second
    call stops and counts what the first left.
    """
    holder = new_id()
    lease.take_over(gateway_id, holder)
    gateway = Gateway.objects.get(pk=gateway_id)
    if close:
        Gateway.objects.filter(pk=gateway_id).update(closed=True)
    receipt = embedded.stop(gateway)
    forget(gateway)
    with contextlib.suppress(LeaseLost):
        _enter(gateway, holder, Event.STOP, **GONE, told_seq=0, failures=0, latency_ms=None, reason_code="", detail="")
    lease.release(gateway_id, holder)
    return receipt


def gateways_forget(*, gateway_ids: Sequence[str]) -> int:
    """Delete the rows of gateways whose sessions are over and deleted; return how many. One not closed stays."""
    return Gateway.objects.filter(pk__in=gateway_ids, closed=True).delete()[0]


def stop_all_local() -> Receipt:
    """Stop every gateway of this node, as the console shuts down; their sessions stay, to be started again on need."""
    total = Receipt()
    for gateway_id in gateways_alive().values_list("pk", flat=True):
        total += gateway_stop(gateway_id=gateway_id, close=False)
    return total


def server_removed_receipt(*, gateway: Gateway, name: str, timeout_s: float = 15) -> Receipt:
    """Return what removing one server left behind: the gateway's count of processes, and the server's own folder.

    Waits until the gateway has applied what is wanted now, `timeout_s` seconds at most; what it has not told by then
    counts as left over.
    """
    counted = embedded.removed(gateway, name, timeout_s)
    return counted + embedded.server_folder_remove(gateway, name)


def _catch_up(gateway: Gateway, holder: str) -> int:
    """Work until nothing newer is wanted; return the revision last tried. Raises LeaseLost.

    A process that dies on the way is started anew once; after a second death in a row the gateway has failed, and
    with it the servers that waited for it.
    """
    for last in (False, True):
        fresh = not embedded.is_alive(gateway)
        if fresh and not _start(gateway, holder):
            break
        try:
            _apply_all(gateway, holder, fresh)
            break
        except GatewayUnavailable as error:
            _gone(gateway, holder, error, Event.GAVE_UP if last else Event.GONE)
        except OSError as error:  # a full disk, no file descriptors left: no other try would go better
            _gone(gateway, holder, _broken(error), Event.GAVE_UP)
            break
    return gateway.desired_revision


def _apply_all(gateway: Gateway, holder: str, fresh: bool) -> None:
    while fresh or gateway.applied_revision != gateway.desired_revision:
        fresh, revision = False, gateway.desired_revision
        answers = hooks.wanted_servers.call(gateway)
        if not answers:  # nobody could say what is wanted: what runs stays as it is
            lease.write(gateway, holder, reason_code="gateway.wanted.unknown")
            return
        specs = [spec for answer in answers for spec in answer]
        embedded.apply(gateway, specs, revision)
        _watch(gateway, holder, specs, revision)
        if gateway.desired_revision == revision:
            lease.write(gateway, holder, applied_revision=revision)


def _start(gateway: Gateway, holder: str) -> bool:
    """Start a fresh process with a fresh bearer; return whether it listens. Raises LeaseLost."""
    was = gateway.state
    _enter(gateway, holder, Event.START, **GONE, told_seq=0, failures=0, reason_code="", detail="")
    try:
        running = embedded.start(gateway)
        with contextlib.closing(LocalEndpoint(gateway.address, running.port, running.bearer)) as door:
            session = client.handshake(door)
    except (ConsoleError, OSError) as raised:
        error = raised if isinstance(raised, ConsoleError) else _broken(raised)
        embedded.stop_processes(gateway)
        _enter(gateway, holder, Event.START_FAILED, reason_code=error.code, detail=redact(str(error.detail))[:2000])
        record(Verb.GATEWAY_STATE, actor=None, obj=gateway, outcome=Outcome.FAILED, detail={"code": error.code})
        return False
    try:
        _enter(
            gateway,
            holder,
            Event.LISTENING,
            pid=running.pid,
            process_started=running.started,
            port=running.port,
            bearer_sealed=bearer_seal(gateway, running.bearer),
            mcp_session_id=session,
            started_at=timezone.now(),
            checked_at=timezone.now(),
        )
    except LeaseLost:
        embedded.stop_processes(gateway)
        raise
    record(Verb.GATEWAY_STATE, actor=None, obj=gateway, detail={"from": was, "to": gateway.state})
    return True


def _watch(gateway: Gateway, holder: str, specs: list[ServerSpec], revision: int) -> None:
    """Pass on every change of the servers' states until none is pending, or something newer is wanted."""
    deadline = time.monotonic() + max((spec.start_timeout_s for spec in specs), default=0) + _GRACE_S
    while time.monotonic() < deadline:
        told = control.state(endpoint_of(gateway), after=gateway.told_seq, wait_s=0.2)
        tell(gateway, holder, told)
        if told.revision >= revision and not told.pending:
            return
        gateway.refresh_from_db(fields=["desired_revision"])
        if gateway.desired_revision != revision:
            return


def tell(gateway: Gateway, holder: str, told: control.State) -> None:
    """Tell the upper apps what the gateway says of its servers, once for each of its states."""
    if told.seq != gateway.told_seq:
        lease.write(gateway, holder, told_seq=told.seq)
        hooks.servers_told.call(gateway, told.servers)
    else:
        lease.write(gateway, holder)


def _gone(gateway: Gateway, holder: str, error: GatewayUnavailable, event: Event) -> None:
    forget(gateway)
    embedded.stop_processes(gateway)
    _enter(gateway, holder, event, **GONE, reason_code=error.code, detail=redact(str(error.detail))[:2000])
    record(Verb.GATEWAY_STATE, actor=None, obj=gateway, outcome=Outcome.FAILED, detail={"code": error.code})


def _broken(error: OSError) -> GatewayUnavailable:
    """Say what the operating system refused, without its paths."""
    return GatewayUnavailable(_("The gateway's process could not be started: %(why)s") % {"why": error.strerror or ""})


def _enter(gateway: Gateway, holder: str, event: Event, **values: Any) -> None:
    """Write the state after `event` together with `values`, and tell the upper apps. Raises LeaseLost."""
    before = gateway.state
    lease.write(gateway, holder, state=after(before, event), **values)
    if gateway.state != before:
        hooks.gateway_changed.call_after_commit(gateway)
