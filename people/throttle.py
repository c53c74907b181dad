"""A brake on guessing: 20 wrong tries in 5 minutes, then one a minute.

Security duty: counts per kind, caller's address and account, so that nobody's wrong tries slow somebody else's good
one. A try is counted before it is judged, so that many at once do not slip through together; a good one forgets them.
The counters live in Django's cache (Redis where there is one); when that is out of reach, in this process.
"""

import hashlib
import ipaddress
import logging
import math
import time
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

from foundation import context
from foundation.errors import TooManyRequests
from people import hooks

TRIES = 20
WINDOW_S = 300
PAUSE_S = 60
T = TypeVar("T")
log = logging.getLogger(__name__)
_nearby = LocMemCache("people.throttle", {})


def count_try(kind: str, account: str = "") -> None:
    """Count one try at `kind` ("login", "token", "setup") from the current address. Raises TooManyRequests (429).

    For a password, call it before judging and `forget` after a good one; for a token, after it was found wrong.
    """
    remaining = _shared(lambda store: _count(store, _key(kind, account)))
    if remaining == 0:
        return
    if remaining < 0:  # the try that spends the last one: worth a line in the log book, the later ones are not
        hooks.security_event.call_after_commit(None, "access.throttle", None, "refused", {"kind": kind})
        return
    raise TooManyRequests(retry_after=remaining)


def forget(kind: str, account: str = "") -> None:
    """Forget the tries of this address at this account: it has shown that it knows."""
    key = _key(kind, account)
    _shared(lambda store: store.delete_many([key, f"{key}:pause"]))


def _count(store: BaseCache, key: str) -> int:
    """Return 0 to let pass, -1 to let the last one pass, else the seconds to wait (1 to PAUSE_S)."""
    store.add(key, 0, timeout=WINDOW_S)
    try:
        tries = store.incr(key)
    except ValueError:  # it expired between the two calls
        store.set(key, 1, timeout=WINDOW_S)
        return 0
    if tries < TRIES:
        return 0
    now = time.time()
    if store.add(f"{key}:pause", now + PAUSE_S, timeout=PAUSE_S):
        return -1
    until = float(store.get(f"{key}:pause", now))
    return min(PAUSE_S, max(1, math.ceil(until - now)))


def _key(kind: str, account: str) -> str:
    source = f"{kind}\0{_network(context.current().address)}\0{account.casefold()}"
    return "throttle:" + hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()


def _network(address: str) -> str:
    """Return whose address it is: an IPv6 caller has a whole /64 to choose from (RFC 4291 section 2.5.4)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def _shared(work: Callable[[BaseCache], T]) -> T:
    try:
        return work(cache)
    except (RedisError, OSError):
        log.warning("the cache is out of reach, tries are counted in this process only")
        return work(_nearby)
