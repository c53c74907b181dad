"""The worker's way to the gateways' services. A node's worker listens to `celery` and to `node.<NODE_NAME>`."""

from typing import Any

from celery import shared_task
from django.conf import settings

from gateways import services

_HERE = {"queue": services.node_queue(settings.NODE_NAME), "expires": 55}  # a late round is no use to anyone


@shared_task(name="gateways.apply")
def gateway_apply(gateway_id: str) -> None:
    services.gateway_apply(gateway_id=gateway_id)


@shared_task(name="gateways.probe_all")
def probe_all() -> None:
    services.probe_all()


@shared_task(name="gateways.sweep")
def sweep() -> None:
    services.sweep()


SCHEDULE: dict[str, dict[str, Any]] = {
    "gateways.probe_all": {"task": "gateways.probe_all", "schedule": 20.0, "options": {**_HERE, "expires": 20}},
    "gateways.sweep": {"task": "gateways.sweep", "schedule": 60.0, "options": _HERE},
}
