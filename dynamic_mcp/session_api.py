"""JSON API of sessions and the servers in them."""

import time
from typing import Any

from django.http import HttpRequest
from ninja import Body, Router, Status

from dynamic_mcp import selectors, services, shapes
from dynamic_mcp.schemas import (
    ConfigIn,
    ConfigOut,
    InvalidProblem,
    Limit,
    OfferList,
    Problem,
    ReceiptOut,
    ServerIn,
    ServerOut,
    SessionIn,
    SessionList,
    SessionOut,
    ToolList,
)
from foundation.access import needs
from foundation.ids import new_id
from foundation.redaction import redact_values
from people.selectors import user_of

router = Router(tags=["sessions"])
reads, uses = needs("read"), needs("use")
REFUSALS: dict[int, Any] = {404: Problem, 409: Problem, 422: InvalidProblem}


@router.post("/sessions", auth=uses, response={201: SessionOut, 409: Problem, 422: InvalidProblem, 429: Problem})
def session_create(request: HttpRequest, body: SessionIn) -> Status[Any]:
    """Make a session. Its gateway starts with the first server."""
    session = services.session_create(
        user=user_of(request), name=body.name, runtime=body.runtime, gateway_id=body.gateway_id
    )
    return Status(201, shapes.session_json(session))


@router.get("/sessions", auth=reads, response=SessionList)
def session_list(
    request: HttpRequest, limit: Limit = 50, cursor: str | None = None, state: str | None = None
) -> dict[str, Any]:
    """The caller's sessions, newest first; `state` narrows them."""
    sessions = shapes.with_servers(selectors.sessions_of(user_of(request)))
    if state:
        sessions = sessions.filter(state=state)
    found, count, following = shapes.page(sessions, limit, cursor)
    return {"results": [shapes.session_json(row) for row in found], "count": count, "next_cursor": following}


@router.get("/sessions/{session_id}", auth=reads, response={200: SessionOut, 404: Problem})
def session_get(request: HttpRequest, session_id: str) -> dict[str, Any]:
    """One session with its gateway and its servers."""
    return shapes.session_json(selectors.session_of(user_of(request), session_id))


@router.delete("/sessions/{session_id}", auth=uses, response={200: ReceiptOut, 404: Problem})
def session_end(request: HttpRequest, session_id: str) -> dict[str, int]:
    """End a session: its processes stop, its files and secrets go. Again: the stored receipt."""
    session = selectors.session_own(user_of(request), session_id)
    return services.session_end_and_wait(session=session, actor=user_of(request)).to_json()


@router.post("/sessions/{session_id}/servers", auth=uses, response={200: ServerOut, 201: ServerOut, **REFUSALS})
def server_add(request: HttpRequest, session_id: str, body: ServerIn) -> Status[Any]:
    """Add a server and wait until it is ready or failed, 30 s at most."""
    until = time.monotonic() + services.ADD_WAIT_S  # from now: a queue that is slow to answer counts too
    row, new = services.server_add(
        user=user_of(request), session_id=session_id, server=body.server, config=body.config, secrets=body.secrets
    )
    row = services.server_wait(row=row, timeout_s=until - time.monotonic())
    return Status(201 if new else 200, shapes.server_json(row))


@router.delete("/sessions/{session_id}/servers/{server}", auth=uses, response={200: ReceiptOut, 404: Problem})
def server_remove(request: HttpRequest, session_id: str, server: str) -> dict[str, int]:
    """Remove a server: its processes stop, its files and secrets go. Again: the stored receipt."""
    session = selectors.session_own(user_of(request), session_id)
    return services.server_remove(session=session, user=user_of(request), name=server).to_json()


@router.get("/sessions/{session_id}/servers/{server}/config", auth=reads, response={200: ConfigOut, 404: Problem})
def config_get(request: HttpRequest, session_id: str, server: str) -> dict[str, Any]:
    """The stored configuration of a server."""
    row = selectors.server_in(selectors.session_of(user_of(request), session_id), server)
    answer = _config_json(row, "stored")
    if row.session.owner_id != user_of(request).pk:  # an auditor reads what was set, not what may be a secret
        answer["config"] = redact_values(answer["config"])
    return answer


@router.put("/sessions/{session_id}/servers/{server}/config", auth=uses, response={200: ConfigOut, **REFUSALS})
def config_put(request: HttpRequest, session_id: str, server: str, body: ConfigIn) -> dict[str, Any]:
    """Store a configuration that fits the schema, and apply it."""
    row = selectors.server_in(selectors.session_active(user_of(request), session_id), server)
    applied = services.config_set(row=row, user=user_of(request), config=body.config)
    row = services.server_wait(row=row) if applied == "restarted" else row
    row.refresh_from_db(fields=["state", "updated_at"])
    return _config_json(row, applied)


@router.put("/sessions/{session_id}/servers/{server}/secrets", auth=uses, response={204: None, **REFUSALS})
def secrets_put(request: HttpRequest, session_id: str, server: str, body: Body[dict[str, str | None]]) -> Status[Any]:
    """Store secrets by the catalogue's names; empty or null removes one. They are never shown again."""
    row = selectors.server_in(selectors.session_active(user_of(request), session_id), server)
    services.secrets_set(row=row, user=user_of(request), values=body)
    return Status(204, None)


@router.get("/sessions/{session_id}/tools", auth=reads, response={200: ToolList, 404: Problem})
def tool_list(request: HttpRequest, session_id: str) -> dict[str, Any]:
    """The tools of all servers that are ready."""
    session = selectors.session_of(user_of(request), session_id)
    rows = selectors.servers_in(session).filter(state="ready").only("server", "tools")
    tools = [{"server": row.server, **tool} for row in rows for tool in row.tools]
    return {"results": tools, "count": len(tools), "next_cursor": None}


@router.get("/sessions/{session_id}/resources", auth=reads, response={200: OfferList, 404: Problem, 409: Problem})
def resource_list(request: HttpRequest, session_id: str) -> dict[str, Any]:
    """The resources that the session's servers offer."""
    return _offers(request, session_id, "resources/list")


@router.get("/sessions/{session_id}/prompts", auth=reads, response={200: OfferList, 404: Problem, 409: Problem})
def prompt_list(request: HttpRequest, session_id: str) -> dict[str, Any]:
    """The prompts that the session's servers offer."""
    return _offers(request, session_id, "prompts/list")


def _offers(request: HttpRequest, session_id: str, method: str) -> dict[str, Any]:
    session = selectors.session_active(user_of(request), session_id)
    items = services.list_through_gateway(session=session, method=method, request_id=new_id())
    return {"results": items, "count": len(items), "next_cursor": None}


def _config_json(row: Any, applied: services.Applied) -> dict[str, Any]:
    return {
        "server": row.server,
        "config": row.config,
        "state": row.state,
        "applied": applied,
        "updated_at": row.updated_at,
    }
