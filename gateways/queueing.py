"""Handing a gateway's work to the worker of its own node."""

import logging

from kombu.exceptions import OperationalError

from gateways.models import Gateway
from gateways.selectors import node_queue

log = logging.getLogger(__name__)


def enqueue_apply(gateway: Gateway) -> None:
    """Queue `gateway_apply` on the gateway's node. A broker that is away is logged: the sweep catches up later."""
    from gateways.tasks import gateway_apply  # tasks import the services, which import this

    try:
        gateway_apply.apply_async(args=(gateway.pk,), queue=node_queue(gateway.node))
    except OperationalError:
        log.exception("gateway %s: the broker does not answer", gateway.pk)
