"""The one constructor of audit events."""

from typing import Any

from django.db import models

from audit.models import AuditEvent, Outcome, Verb
from foundation import context
from foundation.redaction import redact
from people.models import User


def record(
    verb: Verb,
    *,
    actor: User | None,
    obj: models.Model | None = None,
    outcome: Outcome = Outcome.OK,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one event: who (`actor`, None for the console itself), what, on which object, from where.

    `obj` gives type, id and a copy of its name; `detail` is a small flat dict, redacted here, of codes and counts.
    """
    call = context.current()
    return AuditEvent.objects.create(
        verb=verb,
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        via=call.via,
        object_type=obj._meta.model_name or "" if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        object_name=redact(str(obj))[:200] if obj is not None else "",
        outcome=outcome,
        detail={key: redact(value) if isinstance(value, str) else value for key, value in (detail or {}).items()},
        address=call.address,
        request_id=call.request_id,
    )
