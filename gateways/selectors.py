"""Reading gateways: which runtime sessions get, which gateways this node has, which node's queue a task goes to."""

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from gateways import isolation
from gateways.errors import RuntimeUnavailable
from gateways.models import Gateway, GatewayState, Runtime
from gateways.runtimes import docker

ALIVE_STATES = (GatewayState.STARTING, GatewayState.RUNNING, GatewayState.UNHEALTHY)


def runtime_choice() -> Runtime:
    """Return the runtime of a new local session by GATEWAY_RUNTIME: `auto` takes docker where it answers.

    Raises RuntimeUnavailable where docker is demanded and cannot run.
    """
    if settings.GATEWAY_RUNTIME == "embedded":
        return Runtime.EMBEDDED
    reason = docker.available()
    if reason is not None and settings.GATEWAY_RUNTIME == "docker":
        raise RuntimeUnavailable(reason)
    return Runtime.EMBEDDED if reason is not None else Runtime.DOCKER


def image_support() -> str | None:
    """Return why image servers cannot run here, with the fix, or None when they can."""
    return docker.available()


def isolation_missing() -> str | None:
    """Return why package servers run with the console's own rights on this machine, None where they are isolated."""
    return isolation.available()


def gateways_here() -> QuerySet[Gateway]:
    """Return this node's local gateways whose sessions have not ended."""
    return Gateway.objects.filter(node=settings.NODE_NAME, closed=False).exclude(runtime=Runtime.EXTERNAL)


def gateways_alive() -> QuerySet[Gateway]:
    return gateways_here().filter(state__in=ALIVE_STATES)


def is_idle(gateway: Gateway) -> bool:
    """Whether nothing of this gateway should run: it is stopped or failed, and nobody is starting it (read anew)."""
    gateway.refresh_from_db()
    at_work = gateway.lease_until is not None and gateway.lease_until > timezone.now()
    return gateway.state in (GatewayState.STOPPED, GatewayState.FAILED) and not at_work


def gateways_behind() -> QuerySet[Gateway]:
    """Return gateways whose wanted servers were not applied: a worker died on the way."""
    return gateways_here().filter(~Q(applied_revision=F("desired_revision"))).exclude(state=GatewayState.FAILED)


def node_queue(node: str) -> str:
    """Return the name of the Celery queue that a node's worker listens to."""
    return f"node.{node}"
