"""How long executions and ended sessions are kept."""

from datetime import datetime

from dynamic_mcp.models import Execution, Session, SessionState
from dynamic_mcp.states import EXECUTION_OPEN
from gateways import services as gateways

_STEP = 500  # rows a DELETE: each may hold a sealed megabyte, and writers wait for it


def executions_purge(*, older_than: datetime) -> int:
    """Delete the finished executions made before `older_than`, with arguments and results; return their number."""
    gone = 0
    past = Execution.objects.filter(created_at__lt=older_than).exclude(state__in=EXECUTION_OPEN).order_by("pk")
    while ids := list(past.values_list("pk", flat=True)[:_STEP]):
        gone += Execution.objects.filter(pk__in=ids).delete()[0]
    return gone


def sessions_purge(*, older_than: datetime) -> int:
    """Delete the sessions that ended before `older_than` and have no executions left, with their gateways' rows.

    Return their number. A session that has not quite ended (`ending`) is never forgotten: something of it may run.
    """
    gone = 0
    past = Session.objects.filter(state=SessionState.ENDED, ended_at__lt=older_than, executions=None).order_by("pk")
    while rows := list(past.values_list("pk", "gateway_id")[:_STEP]):
        Session.objects.filter(pk__in=[pk for pk, _gateway in rows]).delete()
        gateways.gateways_forget(gateway_ids=[gateway for _pk, gateway in rows if gateway])
        gone += len(rows)
    return gone
