"""How knowledge goes up: a lower app publishes a typed hook, an upper app registers for it in `AppConfig.ready`.

A hook is called after the transaction that caused it has committed. A listener that fails is logged with its
traceback and does not stop the others; what the listeners answer is returned where the caller asks at once.
"""

import logging
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)


class Hook(Generic[P, R]):
    """A named list of listeners of one signature."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: list[Callable[P, R]] = []

    def register(self, listener: Callable[P, R]) -> Callable[P, R]:
        """Add a listener once; usable as a decorator."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        return listener

    def call(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        """Call every listener now and return what those that succeeded answered."""
        answers: list[R] = []
        for listener in list(self._listeners):
            try:
                answers.append(listener(*args, **kwargs))
            except Exception:
                log.exception("hook %s: listener %s failed", self.name, getattr(listener, "__qualname__", listener))
        return answers

    def call_after_commit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call every listener once the current transaction has committed (at once outside of one)."""
        transaction.on_commit(lambda: self.call(*args, **kwargs))
