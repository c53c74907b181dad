"""The processes of this installation's sessions: found by their labels, stopped by identity, group and label.

Security duty: only processes that carry this installation's MCP_CONSOLE_HOME are ever signalled, and only under the
start time they were found with.
"""

from foundation import processes
from foundation.processes import ProcessId
from gateways.labels import HOME_LABEL, home_label


def ours() -> dict[str, list[ProcessId]]:
    """Return this installation's session processes by session id."""
    return processes.find_labelled({HOME_LABEL: home_label()})


def of_session(session_id: str) -> list[ProcessId]:
    return ours().get(session_id, [])


def stop_all(session_id: str, first: ProcessId | None = None, grace_s: float = 2.0) -> None:
    """Stop `first` (the gateway) with its tree and group, then whatever else carries the session's label."""
    if first is not None:
        processes.stop_tree(first, grace_s)
    for _round in range(3):  # a process may fork while it is being stopped
        left = of_session(session_id)
        if not left:
            return
        for found in left:
            processes.stop_tree(found, grace_s)
