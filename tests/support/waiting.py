"""Waits for something to become true, with a deadline instead of a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], timeout_s: float = 10.0) -> T:
    """Return the first true value of `condition`. Raises AssertionError after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not true within {timeout_s} s; the last value was {value!r}")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
