"""Celery entries of the catalogue."""

from typing import Any

from celery import shared_task

from catalog import services
from foundation.errors import ConsoleError
from people.models import User

SCHEDULE: dict[str, dict[str, Any]] = {
    "catalog.refresh": {"task": "catalog.tasks.refresh", "schedule": 24 * 3600.0, "options": {"expires": 3600}},
}


@shared_task(name="catalog.tasks.refresh")
def refresh() -> None:
    """Read every source again, once a day; what failed stands in its source's last report."""
    services.source_refresh_all()


@shared_task(name="catalog.tasks.source_sync")
def source_sync(source: str, actor_id: int | None = None) -> None:
    """Read one source; a failure stands in the source's last report, where the page shows it."""
    actor = User.objects.filter(pk=actor_id).first() if actor_id else None
    try:
        services.source_sync(source=source, actor=actor)
    except ConsoleError as error:
        if not error.permanent:
            return
        raise
