"""What this app does when a person's data is asked for, and when a person goes."""

from typing import Any

from dynamic_mcp.executions import arguments_of, result_of
from dynamic_mcp.models import Execution, ServerState, Session, SessionState
from dynamic_mcp.sessions import END_WAIT_S, session_end
from dynamic_mcp.waiting import wait_until
from people.models import User
from vault.errors import SecretUnreadable


def exported(user: User, by_the_user: bool) -> dict[str, Any]:
    """Return the user's sessions with their servers, and the executions; no secrets.

    Configurations, arguments and outputs are in it only when the user asked in person (`by_the_user`); there, values
    of a session's secrets read `[secret NAME]`.
    """
    sessions = Session.objects.filter(owner=user).prefetch_related("servers").order_by("pk")
    executions = Execution.objects.filter(owner=user).order_by("pk")
    return {
        "sessions": [_session(session, by_the_user) for session in sessions],
        "executions": [_execution(execution, by_the_user) for execution in executions.iterator(200)],
    }


def removing(user: User) -> None:
    """End all that runs for a user who is about to be deleted.

    Waits until the gateways are gone, END_WAIT_S seconds at most: what is left then has no owner, and the sweep
    removes it.
    """
    running = Session.objects.filter(owner=user).exclude(state=SessionState.ENDED)
    for session in running.select_related("gateway"):
        session_end(session=session, actor=None, reason="user")
    wait_until(lambda: not running.exists(), END_WAIT_S)


def _session(session: Session, whole: bool) -> dict[str, Any]:
    servers = [row for row in session.servers.all() if row.state != ServerState.REMOVED]
    return {
        "id": session.pk,
        "name": session.name,
        "state": session.state,
        "created_at": session.created_at.isoformat(),
        "ended_at": session.ended_at.isoformat() if session.ended_at else None,
        "servers": [
            {"server": row.server, "state": row.state, **({"config": row.config} if whole else {})} for row in servers
        ],
    }


def _execution(execution: Execution, whole: bool) -> dict[str, Any]:
    content: dict[str, Any] = {}
    try:
        if whole:
            content = {"arguments": arguments_of(execution)["shown"], **result_of(execution)}
    except SecretUnreadable as error:  # said as it is: one row that cannot be opened does not hold back the rest
        content = {"unreadable": error.code}
    return {
        "id": execution.pk,
        "session_id": execution.session_id,
        "server": execution.server,
        "tool": execution.tool,
        "state": execution.state,
        "exit_code": execution.exit_code,
        "started_at": execution.started_at.isoformat() if execution.started_at else None,
        "finished_at": execution.finished_at.isoformat() if execution.finished_at else None,
        **content,
    }
