"""Reading the log: for auditors and administrators only."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.models import AuditEvent
from foundation.access import duty_held
from foundation.errors import Forbidden
from people.models import User


@dataclass(frozen=True)
class Filters:
    """What to look for; an empty one does not narrow. Dates are days in the console's time zone, both inclusive."""

    person: str = ""
    verb: str = ""
    outcome: str = ""
    object: str = ""  # a type, or the id of an object
    since: date | None = None
    until: date | None = None
    q: str = ""  # in the names of people and objects, in request ids and addresses


def events_visible(user: User, filters: Filters | None = None) -> QuerySet[AuditEvent]:
    """Return the events that fit, newest first. Raises Forbidden for who may not audit."""
    if not duty_held(user, "audit"):
        raise Forbidden
    events: QuerySet[AuditEvent] = AuditEvent.objects.all()
    return _narrow(events, filters) if filters else events


def _narrow(events: QuerySet[AuditEvent], filters: Filters) -> QuerySet[AuditEvent]:
    if filters.person:
        events = events.filter(actor_name=filters.person)
    if filters.verb:
        events = events.filter(verb=filters.verb)
    if filters.outcome:
        events = events.filter(outcome=filters.outcome)
    if filters.object:
        events = events.filter(Q(object_type=filters.object) | Q(object_id=filters.object))
    if filters.since:
        events = events.filter(at__gte=_midnight(filters.since))
    if filters.until:
        events = events.filter(at__lt=_midnight(filters.until) + timedelta(days=1))
    if filters.q:
        events = events.filter(
            Q(actor_name__icontains=filters.q)
            | Q(object_name__icontains=filters.q)
            | Q(request_id=filters.q)
            | Q(address=filters.q)
        )
    return events


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
