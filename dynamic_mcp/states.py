"""Which state may follow which: sessions, the servers in them, and executions. Pure tables.

A move is made by one conditional update: `filter(state__in=before(SERVER_MOVES, new)).update(state=new)`, so that two
processes cannot both make it.
"""

from collections.abc import Mapping

SESSION_MOVES: Mapping[str, frozenset[str]] = {
    "active": frozenset({"ending"}),
    "ending": frozenset({"ended"}),
    "ended": frozenset(),
}

_WAITING = frozenset({"needs_input", "needs_authorization", "needs_approval"})
SERVER_MOVES: Mapping[str, frozenset[str]] = {
    "needs_input": _WAITING | {"starting", "failed", "stopping"},
    "needs_authorization": _WAITING | {"starting", "failed", "stopping"},
    "needs_approval": _WAITING | {"starting", "failed", "stopping"},
    "starting": _WAITING | {"starting", "ready", "failed", "stopping"},
    "ready": _WAITING | {"starting", "ready", "failed", "stopping"},
    "failed": _WAITING | {"starting", "ready", "failed", "stopping"},
    "stopping": frozenset({"removed"}),
    "removed": frozenset(),
}

EXECUTION_MOVES: Mapping[str, frozenset[str]] = {
    "queued": frozenset({"running", "finished", "cancelled", "lost"}),
    "running": frozenset({"input_required", "finished", "cancelled", "lost"}),
    "input_required": frozenset({"running", "finished", "cancelled", "lost"}),
    "finished": frozenset(),
    "cancelled": frozenset(),
    "lost": frozenset(),
}

SERVER_LIVE = frozenset({"starting", "ready", "failed"})  # has all input: the gateway is asked to run it
EXECUTION_OPEN = frozenset({"queued", "running", "input_required"})


def before(moves: Mapping[str, frozenset[str]], state: str) -> list[str]:
    """Return the states from which `state` may be reached."""
    return [old for old, reachable in moves.items() if state in reachable]
