from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from django.core.cache import cache

Committed = Callable[[], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _no_tries_counted_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]]) -> Committed:
    """Return `with committed():`, after which everything that waited for the commit has run."""
    return partial(django_capture_on_commit_callbacks, execute=True)
