"""Putting a task into the queue once the row that it works on is committed.

A broker that is down loses nothing: the row says what is to be done, and a beat task looks for such rows.
"""

import logging
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

from gateways.models import Gateway
from gateways.selectors import node_queue

log = logging.getLogger(__name__)


def enqueue(task: Any, *args: str, gateway: Gateway | None = None) -> None:
    """Send `task(*args)` after commit (ids only, never a secret), to the node of `gateway` where that matters."""

    def send() -> None:
        try:
            task.apply_async(args=args, queue=node_queue(gateway.node) if gateway else None)
        except OperationalError:
            log.warning("the queue does not answer: %s is left to the timer", task.name)

    transaction.on_commit(send)
