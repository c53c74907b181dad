"""Gateways of the suite: real processes in a data folder of the test's own, each stopped at its end."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pytest_django import Settings

from foundation.ids import new_id
from gateways import endpoint, hooks, services
from gateways.labels import base_environment
from gateways.models import Gateway, Runtime
from gateways.ours import ours, stop_all
from gateways.runtimes import embedded
from gateways.specs import ServerSpec, ServerStatus
from tests.support.cast import Cast

SERVER = Path(__file__).resolve().parent.parent / "support" / "small_server.py"


@dataclass
class Wishes:
    """What `dynamic_mcp` would answer: the servers wanted of each gateway, and what it was told about them."""

    servers: dict[str, list[ServerSpec]] = field(default_factory=dict)
    told: list[tuple[str, list[ServerStatus]]] = field(default_factory=list)

    def want(self, gateway: Gateway, *names: str) -> None:
        """Want servers of these names and have them applied, as a worker would."""
        env = base_environment(gateway.session_id)
        self.servers[gateway.pk] = [
            ServerSpec(
                name=name, kind="package", argv=[sys.executable, str(SERVER)], env={**env, "TOKEN": "canary-in-env"}
            )
            for name in names
        ]
        services.gateway_want(gateway=gateway)
        services.gateway_apply(gateway_id=gateway.pk)
        gateway.refresh_from_db()


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> Wishes:
    wishes = Wishes()
    monkeypatch.setattr(hooks.wanted_servers, "_listeners", [lambda gateway: wishes.servers.get(gateway.pk, [])])
    tell = [lambda gateway, statuses: wishes.told.append((gateway.pk, statuses))]
    monkeypatch.setattr(hooks.servers_told, "_listeners", tell)
    monkeypatch.setattr(hooks.gateway_changed, "_listeners", [])
    return wishes


@pytest.fixture
def data_folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.CONSOLE_DATA_DIR = tmp_path
    settings.SESSIONS_DIR, settings.PACKAGE_CACHE_DIR = tmp_path / "sessions", tmp_path / "cache"
    yield tmp_path
    settings.CONSOLE_DATA_DIR = tmp_path
    for session_id in ours():
        stop_all(session_id, grace_s=0.2)
    for door in list(endpoint._doors.values()):
        door.close()
    for process in embedded._started.values():
        process.wait(5)


@pytest.fixture
def gateway(cast: Cast, data_folder: Path, wishes: Wishes) -> Gateway:
    return services.gateway_create(owner=cast.operator, session_id=new_id(), runtime=Runtime.EMBEDDED)
