"""Whether the console lives and can work: the parts behind `/readyz`.

Each check answers `Part(ok, detail)` within about a second and never raises; `detail` holds no address and no secret.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Count

from catalog_site.tasks import HEARTBEAT_KEY
from gateways.models import GatewayState
from gateways.selectors import gateways_here
from vault import services as vault

log = logging.getLogger(__name__)
HEARTBEAT_LATE_S = 35.0  # three beats of ten seconds, and some
_BROKER_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Part:
    """One part of the console: whether it works, and a short word on it."""

    ok: bool
    detail: str


def database() -> Part:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return Part(True, connection.vendor)


def broker() -> Part:
    """Ask Redis; without one the queue lives inside this process, and there is nobody to ask."""
    if not settings.REDIS_URL:
        return Part(True, "in this process")
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_BROKER_TIMEOUT_S, socket_connect_timeout=_BROKER_TIMEOUT_S
    )
    try:
        client.ping()
    finally:
        client.close()
    return Part(True, "answers")


def worker_age_s() -> float | None:
    """Return the seconds since a worker last showed itself, None when it never did or long ago."""
    beat = cache.get(HEARTBEAT_KEY)
    return None if beat is None else max(0.0, time.time() - float(beat))


def worker() -> Part:
    age = worker_age_s()
    if age is None:
        return Part(False, "no sign of life")
    return Part(age <= HEARTBEAT_LATE_S, f"last seen {age:.0f} s ago")


def vault_keys() -> Part:
    """A known value in the database must open with the keys of this process."""
    vault.verify_keys()
    return Part(True, settings.VAULT_BACKEND)


def gateway_counts() -> dict[str, int]:
    """Return how many of this node's gateways are in each state."""
    rows = gateways_here().order_by().values_list("state").annotate(number=Count("pk"))
    return {str(state): number for state, number in rows}


def gateways() -> Part:
    """Not ok only when gateways should answer and not one does: one user's bad server is not the console's."""
    counts = gateway_counts()
    running = counts.get(GatewayState.RUNNING, 0) + counts.get(GatewayState.STARTING, 0)
    silent = counts.get(GatewayState.UNHEALTHY, 0)
    return Part(running > 0 or silent == 0, f"{running} running, {silent} not answering")


CHECKS: dict[str, Callable[[], Part]] = {
    "database": database,
    "broker": broker,
    "worker": worker,
    "vault": vault_keys,
    "gateways": gateways,
}


def readiness() -> dict[str, Part]:
    """Run every check; one that raises is not ok and names the kind of failure only."""
    return {name: _safely(name, check) for name, check in CHECKS.items()}


def _safely(name: str, check: Callable[[], Part]) -> Part:
    try:
        return check()
    except Exception as error:  # whatever a driver raises: the answer is "not ok", the log has the rest
        log.exception("readiness: %s failed", name)
        return Part(False, type(error).__name__)
