"""One writer at a time: SQLite lets no more, and its own waiting sleeps in growing steps while the lock is long free.

Threads of one process queue here for the moment that their short transaction takes; other processes, and databases
that take many writers, are left to the database.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_turn = threading.Lock()


@contextmanager
def write_turn() -> Iterator[None]:
    """Run a short writing transaction in its turn. Nothing slow belongs inside: no network, no waiting."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:  # inside a transaction the turn is taken already
        with transaction.atomic():
            yield
    else:
        with _turn, transaction.atomic():
            yield
