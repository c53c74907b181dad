"""Runs that wait in the queue: put there again when their message was lost."""

from datetime import datetime, timedelta

from dynamic_mcp.enqueue import enqueue
from dynamic_mcp.models import Execution, ExecutionState

_PATIENCE = timedelta(seconds=30)
_STEP = 100  # a round: behind a busy worker the queue does not fill with copies


def executions_resume(*, now: datetime) -> int:
    """Queue the oldest runs that still wait after 30 s once more; return how many.

    A broker that was away, or lost what it held, is why. Whoever claims a run first runs it, once.
    """
    from dynamic_mcp.tasks import exec_run  # tasks call services

    waiting = Execution.objects.filter(state=ExecutionState.QUEUED, created_at__lt=now - _PATIENCE).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:_STEP])
    for execution_id in ids:
        enqueue(exec_run, execution_id)
    return len(ids)
