"""Rows as the API answers them: the one place where a row becomes JSON."""

from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db.models import Model, Prefetch, QuerySet

from dynamic_mcp import selectors, services
from dynamic_mcp.models import Execution, ServerState, Session, SessionServer
from gateways.models import GatewayState
from people.models import User

M = TypeVar("M", bound=Model)


def page(rows: QuerySet[M], limit: int, cursor: str | None) -> tuple[list[M], int, str | None]:
    """Return one page of rows (newest first by id), how many there are in all, and where the next page begins."""
    count = rows.count()
    if cursor:
        rows = rows.filter(pk__lt=cursor)
    found = list(rows.order_by("-pk")[: limit + 1])
    return found[:limit], count, str(found[limit - 1].pk) if len(found) > limit else None


def with_servers(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return sessions with their servers at hand: one query for all of them."""
    live = SessionServer.objects.exclude(state=ServerState.REMOVED).defer("entry", "config_sealed").order_by("added_at")
    return sessions.prefetch_related(Prefetch("servers", queryset=live, to_attr="live_servers"))


def session_json(session: Session) -> dict[str, Any]:
    rows = getattr(session, "live_servers", None)
    if rows is None:
        rows = list(selectors.servers_in(session))
    gateway = session.gateway
    return {
        "id": session.pk,
        "name": session.name,
        "runtime": session.runtime,
        "state": session.state,
        "gateway": {
            "state": gateway.state if gateway else GatewayState.STOPPED,
            "runtime": gateway.runtime if gateway else session.runtime,
            "latency_ms": gateway.latency_ms if gateway else None,
        },
        "servers": [server_json(row) for row in rows],
        "created_at": session.created_at,
        "expires_at": session.expires_at,
    }


def server_json(row: SessionServer) -> dict[str, Any]:
    waits = row.state == ServerState.NEEDS_AUTHORIZATION
    return {
        "server": row.server,
        "state": row.state,
        "tools": row.tools,
        "missing": {"config": row.missing.get("config", []), "secrets": row.missing.get("secrets", [])},
        "signature": row.signature,
        "reason_code": row.reason_code,
        "detail": row.detail,
        "authorize_url": f"{settings.PUBLIC_BASE_URL}/connections/?server={quote(row.server)}" if waits else None,
        "progress": row.progress,
    }


def run_json(run: services.Run) -> dict[str, Any]:
    """Return a finished run without reading anything again."""
    result = run.result
    content: dict[str, Any] = {"output": "", "content": [], "structured_content": None}
    if result is not None:
        content = {"output": result.output, "content": result.content, "structured_content": result.structured_content}
    return {**_execution(run.execution), **content, "arguments": services.arguments_of(run.execution)["shown"]}


def execution_json(execution: Execution, user: User) -> dict[str, Any]:
    """Return an execution; arguments and output only for its owner."""
    if not selectors.may_read_content(user, execution):
        hidden = dict.fromkeys(("arguments", "output", "content", "structured_content"))
        return {**_execution(execution), **hidden}
    arguments = services.arguments_of(execution)["shown"]
    return {**_execution(execution), **services.result_of(execution), "arguments": arguments}


def execution_row(execution: Execution) -> dict[str, Any]:
    return {**_execution(execution), "created_at": execution.created_at}


_FIELDS = (
    "session_id",
    "server",
    "tool",
    "state",
    "exit_code",
    "reason_code",
    "progress",
    "started_at",
    "finished_at",
    "duration_ms",
    "output_truncated",
    "output_bytes",
)


def _execution(execution: Execution) -> dict[str, Any]:
    return {"execution_id": execution.pk, **{name: getattr(execution, name) for name in _FIELDS}}
