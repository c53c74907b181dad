"""What audit hears from the apps under it."""

from typing import Any

from audit.models import AuditEvent, Outcome, Verb
from audit.services import record
from people.models import User


def security_event(actor: User | None, verb: str, target: User | None, outcome: str, detail: dict[str, Any]) -> None:
    """Write down what happened to an account, a token or a login."""
    record(Verb(verb), actor=actor, obj=target, outcome=Outcome(outcome), detail=detail)


def user_exported(user: User, by_the_user: bool) -> dict[str, Any]:
    """Add the user's own acts to the export of their data."""
    events = AuditEvent.objects.filter(actor=user).values(
        "at", "verb", "object_type", "object_id", "object_name", "outcome", "detail", "address", "via"
    )
    return {"audit": list(events)}
