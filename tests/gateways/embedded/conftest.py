from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateways.specs import ServerSpec
from tests.support.embedded_gateway import EmbeddedGateway, Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a gateway with these servers; it is stopped, and looked after, at the end."""
    running: list[EmbeddedGateway] = []

    def begin(*servers: ServerSpec, **settings: Any) -> EmbeddedGateway:
        gateway = EmbeddedGateway(tmp_path / f"session{len(running)}", list(servers), **settings)
        running.append(gateway)
        return gateway

    yield begin
    for gateway in running:
        gateway.stop()
