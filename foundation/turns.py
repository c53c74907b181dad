"""One writer at a time: SQLite lets no more, and its own waiting sleeps in growing steps while the lock is long free.

Threads of one process queue here for the moment that their short writes take; other processes, and databases
that take many writers, are left to the database.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_turn = threading.Lock()


@contextmanager
def write_turn() -> Iterator[None]:
    """Make one or a few short writes in turn. Nothing slow belongs inside: no network, no waiting.

    Inside a transaction nothing is waited for: whoever holds the database's lock must never wait for this one.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
    else:
        with _turn:
            yield
