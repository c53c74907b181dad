"""Celery's way in: each task fetches by id and calls one service; each is safe to run twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from dynamic_mcp import services
from dynamic_mcp.models import ServerState, Session, SessionServer, SessionState
from foundation import context


@contextmanager
def _as_task() -> Iterator[None]:
    token = context.enter(context.CallContext(request_id=context.current().request_id, via="task"))
    try:
        yield
    finally:
        context.leave(token)


@shared_task(name="dynamic_mcp.session_stop")
def session_stop(session_id: str) -> None:
    session = Session.objects.select_related("owner").filter(pk=session_id, state=SessionState.ENDING).first()
    if session is not None:
        with _as_task():
            services.session_stopped(session=session)


@shared_task(name="dynamic_mcp.server_stop")
def server_stop(row_id: str) -> None:
    rows = SessionServer.objects.select_related("session__gateway", "session__owner")
    row = rows.filter(pk=row_id, state=ServerState.STOPPING).first()
    if row is not None:
        with _as_task():
            services.server_stopped(row=row)


@shared_task(name="dynamic_mcp.exec_run")
def exec_run(execution_id: str) -> None:
    with _as_task():
        services.exec_queued(execution_id=execution_id)


@shared_task(name="dynamic_mcp.tidy")
def tidy() -> None:
    """End what is too old or idle, take up removals and ends that were interrupted, and mark lost runs."""
    now = timezone.now()
    with _as_task():
        services.sessions_expire(now=now)
        services.removals_resume()
        services.executions_resume(now=now)
        services.executions_lost(now=now)


@shared_task(name="dynamic_mcp.executions_purge")
def executions_purge() -> None:
    """Delete the executions older than EXECUTION_KEEP_DAYS, and the sessions that ended before that."""
    older_than = timezone.now() - timedelta(days=settings.EXECUTION_KEEP_DAYS)
    with _as_task():
        services.executions_purge(older_than=older_than)
        services.sessions_purge(older_than=older_than)


SCHEDULE: dict[str, dict[str, Any]] = {
    "dynamic_mcp.tidy": {"task": "dynamic_mcp.tidy", "schedule": 60.0, "options": {"expires": 55}},
    "dynamic_mcp.executions_purge": {
        "task": "dynamic_mcp.executions_purge",
        "schedule": 24 * 3600.0,
        "options": {"expires": 3600},
    },
}
