from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cast import Cast
from tests.support.sessions import Api, stop_everything, wheel_make


@pytest.fixture
def api(cast: Cast, settings: pytest.FixtureRequest) -> Api:
    """The operator's program; nothing of it starts a process by itself."""
    return Api(cast.program(cast.operator), cast.operator)


@pytest.fixture
def live(transactional_db: None, api: Api, settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:  # type: ignore[no-untyped-def]
    """The operator's program with real gateways: what a task does is done at once, after commit."""
    wheels = Path(settings.PACKAGE_CACHE_DIR) / str(api.user.pk) / "wheels"
    wheel_make(wheels)
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    settings.PACKAGE_ENV = ["UV_FIND_LINKS", "UV_NO_INDEX", "UV_OFFLINE"]
    for _ in stop_everything():
        yield api
