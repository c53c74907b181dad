"""The Celery application: `celery -A catalog_site worker`. Each app's `tasks` module registers itself."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")

app = Celery("catalog_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def _process_started(**_: Any) -> None:
    from catalog_site.boot import process_started

    try:
        process_started()
    except Exception as error:  # Celery would log it and go on, with keys that do not fit
        raise SystemExit(f"{error}") from error


@app.on_after_finalize.connect
def _schedule(sender: Celery, **_: Any) -> None:
    from catalog_site.schedule import SCHEDULE

    sender.conf.beat_schedule = SCHEDULE
