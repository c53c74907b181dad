"""JSON API of executions: run a tool, look it up, cancel it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Body, Router, Status

from dynamic_mcp import selectors, services, shapes
from dynamic_mcp.schemas import ExecAccepted, ExecIn, ExecList, ExecOut, InvalidProblem, Limit, Problem
from foundation.access import needs
from people.selectors import user_of

router = Router(tags=["executions"])
reads, uses = needs("read"), needs("use")
REFUSALS: dict[int, Any] = {404: Problem, 409: Problem, 422: InvalidProblem}


@router.post("/sessions/{session_id}/exec", auth=uses, response={200: ExecOut, 202: ExecAccepted, **REFUSALS})
def exec_start(request: HttpRequest, response: HttpResponse, session_id: str, body: ExecIn) -> Status[Any]:
    """Run a tool. An accepted call answers 200 with an exit code, whatever became of the tool.

    Exit codes: 0 done, 1 the tool said error, 2 arguments against the schema, 124 timed out, 125 gateway or server
    unavailable, 126 refused, 127 no such tool, 130 cancelled, 137 lost.
    """
    run = services.exec_start(
        user=user_of(request),
        session_id=session_id,
        tool=body.tool,
        server=body.server,
        arguments=body.arguments,
        timeout_s=body.timeout_s,
        wait=body.wait,
    )
    if body.wait:
        return Status(200, shapes.run_json(run))
    response["Location"] = f"/api/v1/executions/{run.execution.pk}"
    return Status(202, {"execution_id": run.execution.pk, "state": run.execution.state})


@router.get("/sessions/{session_id}/executions", auth=reads, response={200: ExecList, 404: Problem})
def execution_list(
    request: HttpRequest, session_id: str, limit: Limit = 50, cursor: str | None = None
) -> dict[str, Any]:
    """A session's executions, newest first, without arguments and output."""
    rows = selectors.executions_in(selectors.session_of(user_of(request), session_id))
    found, count, following = shapes.page(rows, limit, cursor)
    return {"results": [shapes.execution_row(row) for row in found], "count": count, "next_cursor": following}


@router.get("/executions/{execution_id}", auth=reads, response={200: ExecOut, 404: Problem})
def execution_get(request: HttpRequest, execution_id: str) -> dict[str, Any]:
    """One execution; arguments and output for its owner only, the session's secrets in them by name."""
    return shapes.execution_json(selectors.execution_of(user_of(request), execution_id), user_of(request))


@router.post("/executions/{execution_id}/cancel", auth=uses, response={202: ExecAccepted, 404: Problem})
def execution_cancel(request: HttpRequest, execution_id: str) -> Status[Any]:
    """Ask a run to stop. It ends with 130 as soon as the gateway has let go; a finished one stays as it is."""
    execution = selectors.execution_own(user_of(request), execution_id)
    state = services.exec_cancel(execution=execution, user=user_of(request))
    return Status(202, {"execution_id": execution.pk, "state": state})


@router.post("/executions/{execution_id}/input", auth=uses, response={202: ExecAccepted, 404: Problem, 409: Problem})
def execution_input(request: HttpRequest, execution_id: str, body: Body[dict[str, Any]]) -> Status[Any]:
    """Answer a question that a tool asked."""
    execution = selectors.execution_own(user_of(request), execution_id)
    services.exec_input(execution=execution)
    return Status(202, {"execution_id": execution.pk, "state": execution.state})
