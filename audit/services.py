"""The one constructor of audit events, and their purge.

Security duty: an event is one INSERT and never changes; every text in it is redacted here, once, before it is kept.
"""

from datetime import datetime
from typing import Any

from django.db import models

from audit.models import AuditEvent, Outcome, Verb
from foundation import context
from foundation.redaction import redact
from people.models import User

_NAME_CHARS = 200
_PURGE_STEP = 5000  # rows a DELETE: writers wait for a moment, not for a year's events


def record(
    verb: Verb,
    *,
    actor: User | None,
    obj: models.Model | None = None,
    outcome: Outcome = Outcome.OK,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one event: who (`actor`, None for the console itself), what, on which object, from where.

    `obj` gives type, id and a copy of its name; `detail` is a small dict, redacted here, of codes and counts.
    """
    call = context.current()
    return AuditEvent.objects.create(
        verb=verb,
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        via=call.via,
        object_type=obj._meta.model_name or "" if obj is not None else "",
        object_id=str(obj.pk)[:64] if obj is not None else "",
        object_name=_line(str(obj))[:_NAME_CHARS] if obj is not None else "",
        outcome=outcome,
        detail=_clean(detail or {}),
        address=call.address,
        request_id=call.request_id,
    )


def purge(older_than: datetime) -> int:
    """Delete the events from before `older_than`, in steps, and write down how many went; return the number."""
    gone = 0
    # a plain queryset: the model's own refuses to delete, this function is the one exception
    every: models.QuerySet[AuditEvent] = models.QuerySet(AuditEvent)
    events = every.filter(at__lt=older_than).order_by("pk")
    while True:
        ids = list(events.values_list("pk", flat=True)[:_PURGE_STEP])
        if not ids:
            break
        gone += every.filter(pk__gte=ids[0], pk__lte=ids[-1], at__lt=older_than).delete()[0]
    if gone:
        record(Verb.AUDIT_PURGE, actor=None, detail={"events": gone, "older_than": older_than.isoformat()})
    return gone


def _line(text: str) -> str:
    """Redacted, on one line: an event is one row in every report."""
    return redact(text).replace("\n", " ").replace("\t", " ")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _line(value)
    if isinstance(value, dict):
        return {str(key): _clean(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(entry) for entry in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _line(str(value))  # a lazy translation, a date
