"""The accounts' time-table: what nobody can use any more goes once a day."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from people import services


@shared_task(name="people.leftovers_remove")
def leftovers_remove() -> None:
    services.leftovers_remove(now=timezone.now())


SCHEDULE: dict[str, dict[str, Any]] = {
    "people.leftovers_remove": {
        "task": "people.leftovers_remove",
        "schedule": 24 * 3600.0,
        "options": {"expires": 3600},
    },
}
