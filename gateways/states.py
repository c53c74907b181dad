"""The gateway's state table: what each event makes of each state. Pure; every write of a state goes through it."""

from enum import StrEnum

from gateways.models import GatewayState as S


class Event(StrEnum):
    START = "start"  # somebody needs it: a process is being started
    LISTENING = "listening"  # the process answers at its port, started now or found alive
    START_FAILED = "start_failed"  # it never came to listen
    PROBE_OK = "probe_ok"
    PROBE_FAILED = "probe_failed"
    GAVE_UP = "gave_up"  # too many failed probes in a row
    GONE = "gone"  # the process is not there any more
    STOP = "stop"  # it was stopped on purpose


TABLE: dict[S, dict[Event, S]] = {
    S.STOPPED: {
        Event.START: S.STARTING,
        Event.LISTENING: S.RUNNING,
        Event.START_FAILED: S.FAILED,
        Event.PROBE_OK: S.STOPPED,  # a probe that was under way while it stopped changes nothing
        Event.PROBE_FAILED: S.STOPPED,
        Event.GAVE_UP: S.STOPPED,
        Event.GONE: S.STOPPED,
        Event.STOP: S.STOPPED,
    },
    S.STARTING: {
        Event.START: S.STARTING,
        Event.LISTENING: S.RUNNING,
        Event.START_FAILED: S.FAILED,
        Event.PROBE_OK: S.STARTING,  # only the start itself knows the port and the bearer
        Event.PROBE_FAILED: S.STARTING,
        Event.GAVE_UP: S.STARTING,
        Event.GONE: S.STOPPED,
        Event.STOP: S.STOPPED,
    },
    S.RUNNING: {
        Event.START: S.STARTING,
        Event.LISTENING: S.RUNNING,
        Event.START_FAILED: S.FAILED,
        Event.PROBE_OK: S.RUNNING,
        Event.PROBE_FAILED: S.UNHEALTHY,
        Event.GAVE_UP: S.FAILED,
        Event.GONE: S.STOPPED,
        Event.STOP: S.STOPPED,
    },
    S.UNHEALTHY: {
        Event.START: S.STARTING,
        Event.LISTENING: S.RUNNING,
        Event.START_FAILED: S.FAILED,
        Event.PROBE_OK: S.RUNNING,
        Event.PROBE_FAILED: S.UNHEALTHY,
        Event.GAVE_UP: S.FAILED,
        Event.GONE: S.STOPPED,
        Event.STOP: S.STOPPED,
    },
    S.FAILED: {
        Event.START: S.STARTING,
        Event.LISTENING: S.RUNNING,
        Event.START_FAILED: S.FAILED,
        Event.PROBE_OK: S.FAILED,  # it is started anew on the next need, never revived by a probe
        Event.PROBE_FAILED: S.FAILED,
        Event.GAVE_UP: S.FAILED,
        Event.GONE: S.FAILED,  # the reason of the failure stays to be read
        Event.STOP: S.STOPPED,
    },
}


def after(state: str, event: Event) -> S:
    """Return the state that follows `state` on `event`."""
    return TABLE[S(state)][event]
