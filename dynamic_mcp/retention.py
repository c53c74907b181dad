"""How long executions are kept."""

from datetime import datetime

from dynamic_mcp.models import Execution
from dynamic_mcp.states import EXECUTION_OPEN

_STEP = 500  # rows a DELETE: each may hold a sealed megabyte, and writers wait for it


def executions_purge(*, older_than: datetime) -> int:
    """Delete the finished executions made before `older_than`, with arguments and results; return their number."""
    gone = 0
    past = Execution.objects.filter(created_at__lt=older_than).exclude(state__in=EXECUTION_OPEN).order_by("pk")
    while ids := list(past.values_list("pk", flat=True)[:_STEP]):
        gone += Execution.objects.filter(pk__in=ids).delete()[0]
    return gone
