"""One process's open doors to the gateways it calls: the endpoint with its unsealed bearer, cached by identity.

Security duty: the bearer is sealed on the row for its gateway and owner; it is kept in memory only as long as the
same gateway process lives, and never logged.
"""

import threading
from collections import OrderedDict

from foundation.http import LocalEndpoint
from gateways.errors import GatewayUnavailable
from gateways.models import Gateway
from vault import services as vault

_KEPT = 256
_Key = tuple[str, int | None, float | None, int | None]
_doors: OrderedDict[_Key, LocalEndpoint] = OrderedDict()
_lock = threading.Lock()


def bearer_identity(gateway: Gateway) -> str:
    """Return what a gateway's bearer is bound to."""
    return f"gateways.gateway:{gateway.pk}:{gateway.owner_id}:bearer"


def bearer_seal(gateway: Gateway, bearer: str) -> bytes:
    """Return the bearer as its row keeps it."""
    return vault.seal(bearer.encode(), identity=bearer_identity(gateway))


def endpoint_of(gateway: Gateway) -> LocalEndpoint:
    """Return the door to a gateway's process. Raises GatewayUnavailable when its row knows none, SecretUnreadable."""
    if gateway.port is None or gateway.bearer_sealed is None:
        raise GatewayUnavailable
    key = (gateway.pk, gateway.pid, gateway.process_started, gateway.port)
    door = _doors.get(key)
    if door is None:
        bearer = vault.unseal(bytes(gateway.bearer_sealed), identity=bearer_identity(gateway)).decode()
        door = LocalEndpoint(gateway.address, gateway.port, bearer)
        with _lock:
            _doors[key] = door
            if len(_doors) > _KEPT:
                _doors.popitem(last=False)[1].close()
    return door


def forget(gateway: Gateway) -> None:
    """Drop this process's doors to a gateway that is no more, with their connections and bearers."""
    with _lock:
        for key in [key for key in _doors if key[0] == gateway.pk]:
            _doors.pop(key).close()
