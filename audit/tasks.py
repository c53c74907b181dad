"""The log's time-table: what is past its time goes once a day."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from audit import services


@shared_task(name="audit.purge")
def purge() -> None:
    """Delete the events older than AUDIT_KEEP_DAYS."""
    services.purge(timezone.now() - timedelta(days=settings.AUDIT_KEEP_DAYS))


SCHEDULE: dict[str, dict[str, Any]] = {
    "audit.purge": {"task": "audit.purge", "schedule": 24 * 3600.0, "options": {"expires": 3600}},
}
