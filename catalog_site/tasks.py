"""The worker's sign of life, read by `/readyz`."""

import time

from celery import shared_task
from django.core.cache import cache

HEARTBEAT_KEY = "console.worker.heartbeat"
HEARTBEAT_KEEP_S = 120


@shared_task(name="catalog_site.tasks.heartbeat")
def heartbeat() -> None:
    """Leave the time (seconds since the epoch) where the web processes see it."""
    cache.set(HEARTBEAT_KEY, time.time(), HEARTBEAT_KEEP_S)
