"""Running tools: accepted here, run at once or by a task, finished with an exit code whatever happens.

Security duty: arguments and results are sealed for their owner with the row's identity; the audit log gets codes only.
One run costs an insert, an update and an audit row; no transaction is held while a gateway works.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import services as audit
from audit.models import Outcome, Verb
from dynamic_mcp import results, selectors
from dynamic_mcp.calling import call_tool
from dynamic_mcp.enqueue import enqueue
from dynamic_mcp.errors import NoQuestion, ServerUnknown, ToolAmbiguous
from dynamic_mcp.listeners import secrets_of
from dynamic_mcp.models import Execution, ExecutionState, ServerState, Session, SessionServer
from dynamic_mcp.results import Result
from dynamic_mcp.sessions import session_used
from dynamic_mcp.states import EXECUTION_MOVES, EXECUTION_OPEN, before
from dynamic_mcp.waiting import wait_until
from foundation.errors import ConsoleError
from foundation.turns import write_turn
from gateways import services as gateways
from people.models import User
from vault import services as vault

STARTING_WAIT_S = 30.0
LOST_GRACE_S = 60
_COLUMNS = ("id", "server", "state", "tools", "secret_keys", "reason_code", "detail", "session_id")


@dataclass
class Run:
    """An execution with what it needs at hand, so that nothing is read twice, and its result once there is one."""

    execution: Execution
    session: Session
    row: SessionServer | None
    arguments: dict[str, Any]
    result: Result | None = None


def exec_start(
    *,
    user: User,
    session_id: str,
    tool: str,
    server: str | None = None,
    arguments: dict[str, Any] | None = None,
    timeout_s: int | None = None,
    wait: bool = True,
) -> Run:
    """Accept a run and, unless told not to `wait`, see it through; `timeout_s` is EXEC_TIMEOUT_S by default.

    Raises NotFound, ServerUnknown (404), SessionEnded (409), ToolAmbiguous (422): then nothing was accepted.
    """
    session, rows = selectors.session_with_servers(user, session_id)
    row = _choose(rows, tool, server)
    if row is None and server is None and any(each.state == ServerState.STARTING for each in rows):
        wait_until(lambda: all(each.state != ServerState.STARTING for each in _rows(session)), STARTING_WAIT_S)
        rows = _rows(session)
        row = _choose(rows, tool, server)
    now = timezone.now()
    values = dict(arguments or {})
    execution = Execution(
        owner=user,
        session=session,
        server=row.server if row else server or "",
        tool=tool,
        state=ExecutionState.RUNNING if wait else ExecutionState.QUEUED,
        timeout_s=timeout_s or settings.EXEC_TIMEOUT_S,
        started_at=now if wait else None,
    )
    execution.arguments_sealed = vault.seal(
        _arguments_bytes(values, rows, user), identity=_identity(execution, "arguments")
    )
    with write_turn():
        execution.save(force_insert=True)
        session_used(session=session, now=now)
    run = Run(execution, session, row, values)
    if wait:
        _finish(run, _outcome(run), actor=user)
    else:
        from dynamic_mcp.tasks import exec_run  # tasks call services

        enqueue(exec_run, execution.pk)
    return run


def exec_queued(*, execution_id: str) -> None:
    """Run a queued execution (the task's work): whoever claims it runs it, once."""
    now = timezone.now()
    claimed = Execution.objects.filter(pk=execution_id, state=ExecutionState.QUEUED).update(
        state=ExecutionState.RUNNING, started_at=now
    )
    if not claimed:
        return
    execution = Execution.objects.select_related("session__gateway", "owner").get(pk=execution_id)
    row = next((each for each in _rows(execution.session) if each.server == execution.server), None)
    arguments = arguments_of(execution)["arguments"]
    run = Run(execution, execution.session, row, arguments)
    _finish(run, _outcome(run), actor=execution.owner)


def exec_cancel(*, execution: Execution, user: User) -> str:
    """Ask an execution to stop; return its state. What has finished stays as it is.

    The run itself answers with 130 once the gateway has let go; one that waits in the queue is cancelled at once.
    """
    finish = {"finished_at": timezone.now(), "exit_code": results.CANCELLED, "reason_code": "exec.cancelled"}
    queued = Execution.objects.filter(pk=execution.pk, state=ExecutionState.QUEUED)
    if queued.update(state=ExecutionState.CANCELLED, **finish):
        execution.state = ExecutionState.CANCELLED
    elif execution.state in EXECUTION_OPEN and execution.session.gateway is not None:
        try:
            gateways.gateway_cancel(gateway=execution.session.gateway, request_id=execution.pk)
        except ConsoleError:  # no gateway, no run: nothing will answer for it any more
            open_ones = Execution.objects.filter(
                pk=execution.pk, state__in=before(EXECUTION_MOVES, ExecutionState.CANCELLED)
            )
            if open_ones.update(state=ExecutionState.CANCELLED, **finish):
                execution.state = ExecutionState.CANCELLED
    else:
        return execution.state
    audit.record(Verb.EXEC_CANCEL, actor=user, obj=execution.session, detail={"execution": execution.pk})
    return execution.state


def exec_input(*, execution: Execution) -> None:
    """Answer a question that a tool asked. Raises NoQuestion: no run waits for an answer."""
    raise NoQuestion


def executions_lost(*, now: datetime) -> int:
    """Mark what a dead process left running (timeout and a minute past) as lost; return how many."""
    count = 0
    old = now - timedelta(seconds=LOST_GRACE_S)
    running = Execution.objects.filter(state=ExecutionState.RUNNING, started_at__lt=old)
    for execution in running.only("id", "timeout_s", "started_at", "session").select_related("session"):
        if execution.started_at is None:
            continue
        if now - execution.started_at <= timedelta(seconds=execution.timeout_s + STARTING_WAIT_S + LOST_GRACE_S):
            continue
        moved = Execution.objects.filter(pk=execution.pk, state=ExecutionState.RUNNING).update(
            state=ExecutionState.LOST, exit_code=results.LOST, reason_code="exec.lost", finished_at=now
        )
        if moved:
            count += 1
            detail = {"execution": execution.pk, "exit_code": results.LOST, "code": "exec.lost"}
            audit.record(Verb.EXEC_RUN, actor=None, obj=execution.session, outcome=Outcome.FAILED, detail=detail)
    return count


def arguments_of(execution: Execution) -> dict[str, Any]:
    """Return {"arguments", "shown"}: as sent, for running again, and with the session's secrets by name."""
    if execution.arguments_sealed is None:
        return {"arguments": {}, "shown": {}}
    opened = vault.unseal(bytes(execution.arguments_sealed), identity=_identity(execution, "arguments"))
    data: dict[str, Any] = json.loads(opened)
    return {"arguments": data["arguments"], "shown": data.get("shown", data["arguments"])}


def result_of(execution: Execution) -> dict[str, Any]:
    """Return {"output", "content", "structured_content"} of an execution; empty while there is none."""
    if execution.result_sealed is None:
        return {"output": "", "content": [], "structured_content": None}
    opened = vault.unseal(bytes(execution.result_sealed), identity=_identity(execution, "result"))
    data: dict[str, Any] = json.loads(opened)
    return data


def _rows(session: Session) -> list[SessionServer]:
    return list(selectors.servers_in(session).only(*_COLUMNS))


def _choose(rows: Sequence[SessionServer], tool: str, server: str | None) -> SessionServer | None:
    """Return the server that is meant: the named one, or the only one with the tool (or the only one at all)."""
    if server:
        for row in rows:
            if row.server == server:
                return row
        raise ServerUnknown
    holders = [row for row in rows if any(each["name"] == tool for each in row.tools)]
    if len(holders) > 1:
        names = ", ".join(row.server for row in holders)
        raise ToolAmbiguous(errors=[{"path": "server", "message": _("One of: %(names)s.") % {"names": names}}])
    if holders:
        return holders[0]
    return rows[0] if len(rows) == 1 else None


def _outcome(run: Run) -> Result:
    try:
        return call_tool(
            session=run.session,
            row=run.row,
            tool=run.execution.tool,
            arguments=run.arguments,
            execution_id=run.execution.pk,
            timeout_s=run.execution.timeout_s,
        )
    except ConsoleError as error:
        return results.failure(results.UNAVAILABLE, error.code, str(error.detail))


def _finish(run: Run, result: Result, *, actor: User) -> None:
    """Write the outcome once; an execution that was ended meanwhile keeps what it has."""
    execution = run.execution
    now = timezone.now()
    execution.state = ExecutionState(result.state)
    execution.exit_code = result.exit_code
    execution.reason_code = result.reason_code[:64]
    execution.finished_at = now
    execution.duration_ms = round((now - (execution.started_at or now)).total_seconds() * 1000, 3)
    execution.output_truncated = result.output_truncated
    execution.output_bytes = result.output_bytes
    values = {
        "state": execution.state,
        "exit_code": execution.exit_code,
        "reason_code": execution.reason_code,
        "finished_at": now,
        "duration_ms": execution.duration_ms,
        "output_truncated": result.output_truncated,
        "output_bytes": result.output_bytes,
        "result_sealed": vault.seal(result.to_bytes(), identity=_identity(execution, "result")),
    }
    open_one = Execution.objects.filter(pk=execution.pk, state__in=before(EXECUTION_MOVES, result.state))
    run.result = result
    with write_turn():
        moved = open_one.update(**values)
        if moved:
            _record_run(run, result, actor)
    if not moved:  # cancelled or given up for lost while it ran
        execution.refresh_from_db()


def _record_run(run: Run, result: Result, actor: User) -> None:
    audit.record(
        Verb.EXEC_RUN,
        actor=actor,
        obj=run.session,
        outcome=Outcome.OK if result.exit_code == results.DONE else Outcome.FAILED,
        detail={
            "execution": run.execution.pk,
            "server": run.execution.server,
            "tool": run.execution.tool,
            "exit_code": result.exit_code,
            "code": result.reason_code,
        },
    )


def _arguments_bytes(arguments: Mapping[str, Any], rows: Sequence[SessionServer], owner: User) -> bytes:
    """Return the arguments as they are sealed: as sent, and as shown where they hold a secret of the session."""
    data: dict[str, Any] = {"arguments": arguments}
    held = [row for row in rows if row.secret_keys]
    if held:
        shown = results.masked(arguments, secrets_of(held, owner=owner))
        if shown != arguments:
            data["shown"] = shown
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def arguments_identity(execution: Execution) -> str:
    """Return what an execution's sealed arguments are bound to: table, row, owner, column."""
    return _identity(execution, "arguments")


def result_identity(execution: Execution) -> str:
    """Return what an execution's sealed result is bound to."""
    return _identity(execution, "result")


def _identity(execution: Execution, column: str) -> str:
    return f"dynamic_mcp.execution:{execution.pk}:{execution.owner_id}:{column}"
