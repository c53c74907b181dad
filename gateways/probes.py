"""Whether a gateway still answers: what a probe makes of its row, and word of servers that changed by themselves."""

import time
from typing import Any

from django.utils import timezone

from audit.models import Outcome, Verb
from audit.services import record
from foundation.ids import new_id
from gateways import control, hooks, lease
from gateways.endpoint import endpoint_of
from gateways.errors import GatewayUnavailable, LeaseLost
from gateways.lifecycle import GONE, tell
from gateways.models import Gateway, GatewayState
from gateways.runtimes import embedded
from gateways.selectors import gateways_alive
from gateways.states import Event, after

FAILURES_MAX = 5


def probe(gateway: Gateway) -> None:
    """Ask one gateway of this node how it is; write state, latency and the time of asking.

    A gateway that somebody works on is left to them. After five failures in a row it is stopped and `failed`: the
    next call starts it anew.
    """
    holder = new_id()
    if not lease.claim(gateway.pk, holder):
        return
    try:
        gateway.refresh_from_db()
        if gateway.state in (GatewayState.RUNNING, GatewayState.UNHEALTHY, GatewayState.STARTING):
            _probe(gateway, holder)
    except LeaseLost:
        return  # it was stopped meanwhile
    finally:
        lease.release(gateway.pk, holder)


def probe_all() -> int:
    """Probe this node's gateways; return how many there are."""
    found = list(gateways_alive())
    for gateway in found:
        probe(gateway)
    embedded.reap()
    return len(found)


def _probe(gateway: Gateway, holder: str) -> None:
    if not embedded.is_alive(gateway):
        embedded.stop_processes(gateway)  # what it may have left behind
        code = "gateway.process_gone"
        _enter(gateway, holder, Event.GONE, **GONE, latency_ms=None, reason_code=code)
        return
    started = time.perf_counter()
    try:
        door = endpoint_of(gateway)
        control.healthcheck(door)
        latency = (time.perf_counter() - started) * 1000
        _enter(gateway, holder, Event.PROBE_OK, failures=0, latency_ms=round(latency, 2), reason_code="", detail="")
        tell(gateway, holder, control.state(door, after=0, wait_s=0))
    except GatewayUnavailable as error:
        failures = gateway.failures + 1
        if failures < FAILURES_MAX:
            _enter(gateway, holder, Event.PROBE_FAILED, failures=failures, latency_ms=None, reason_code=error.code)
            return
        embedded.stop_processes(gateway)
        _enter(gateway, holder, Event.GAVE_UP, **GONE, failures=failures, latency_ms=None, reason_code=error.code)


def _enter(gateway: Gateway, holder: str, event: Event, **values: Any) -> None:
    was = gateway.state
    lease.write(gateway, holder, state=after(was, event), checked_at=timezone.now(), **values)
    if gateway.state != was:
        outcome = Outcome.OK if gateway.state == GatewayState.RUNNING else Outcome.FAILED
        detail = {"from": was, "to": gateway.state, "code": gateway.reason_code}
        record(Verb.GATEWAY_STATE, actor=None, obj=gateway, outcome=outcome, detail=detail)
        hooks.gateway_changed.call_after_commit(gateway)
