"""Who works on a gateway now: a lease column claimed by a conditional update, so that it holds on SQLite too.

A holder that dies loses the lease after LEASE_S; `gateway_stop` takes it at once, and the loser finds out at its next
renewal, before it writes anything more to the row.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from gateways.errors import LeaseLost
from gateways.models import Gateway

LEASE_S = 30


def claim(gateway_id: str, holder: str) -> bool:
    """Take the lease when nobody holds it; return whether it is ours now."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return bool(
        Gateway.objects.filter(free, pk=gateway_id, closed=False).update(
            lease_owner=holder, lease_until=now + timedelta(seconds=LEASE_S)
        )
    )


def take_over(gateway_id: str, holder: str) -> None:
    """Take the lease whoever holds it."""
    Gateway.objects.filter(pk=gateway_id).update(
        lease_owner=holder, lease_until=timezone.now() + timedelta(seconds=LEASE_S)
    )


def write(gateway: Gateway, holder: str, **values: Any) -> None:
    """Renew the lease and write `values` to the row and the object. Raises LeaseLost."""
    until = timezone.now() + timedelta(seconds=LEASE_S)
    if not Gateway.objects.filter(pk=gateway.pk, lease_owner=holder).update(lease_until=until, **values):
        raise LeaseLost
    for name, value in values.items():
        setattr(gateway, name, value)


def release(gateway_id: str, holder: str) -> None:
    """Give the lease back, if it is still ours."""
    Gateway.objects.filter(pk=gateway_id, lease_owner=holder).update(lease_owner="", lease_until=None)
