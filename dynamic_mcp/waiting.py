"""Waiting for a row to change: short looks, no transaction held, never longer than said."""

import time
from collections.abc import Callable

LOOK_S = 0.03


def wait_until(done: Callable[[], bool], timeout_s: float) -> bool:
    """Look until `done()` or the time is up (seconds); return whether it was done."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_S)
    return True
