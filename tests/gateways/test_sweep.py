"""Attack case 24: what crashed leaves nothing that the next sweep does not find, and rows tell the truth."""

import os
import signal
import sys
import time
from pathlib import Path
from subprocess import Popen

import pytest
from django.core.management import call_command
from pytest_django import Settings

from audit.models import AuditEvent, Verb
from foundation import processes
from foundation.ids import new_id
from gateways import services
from gateways.folders import folder_make, folder_of, write_private
from gateways.labels import base_environment
from gateways.models import Gateway, GatewayState
from gateways.ours import of_session
from gateways.probes import FAILURES_MAX
from gateways.runtimes import embedded
from tests.gateways.conftest import Wishes


@pytest.fixture
def orphan(data_folder: Path) -> "tuple[str, Popen[bytes]]":
    session_id = new_id()
    argv = [sys.executable, "-c", "import time; time.sleep(600)"]
    process = processes.start(argv, env=base_environment(session_id))
    embedded._started[process.pid] = process
    while not of_session(session_id):  # its environment is there once it has begun to run its own program
        time.sleep(0.01)
    return session_id, process


def test_a_process_without_a_row_is_stopped(orphan: "tuple[str, Popen[bytes]]", db: None) -> None:
    report = services.sweep()
    assert (report.processes_stopped, report.left_over) == (1, 0)
    assert of_session(orphan[0]) == []
    assert AuditEvent.objects.get(verb=Verb.SWEEP_REMOVE).detail["processes_stopped"] == 1


def test_a_process_of_another_console_on_this_machine_is_left_alone(
    orphan: "tuple[str, Popen[bytes]]", settings: Settings, tmp_path_factory: pytest.TempPathFactory, db: None
) -> None:
    mine = settings.CONSOLE_DATA_DIR
    settings.CONSOLE_DATA_DIR = tmp_path_factory.mktemp("another-console")
    assert services.sweep().processes_stopped == 0
    assert orphan[1].poll() is None
    settings.CONSOLE_DATA_DIR = mine
    assert len(of_session(orphan[0])) == 1


def test_a_folder_without_a_row_is_removed_with_its_secrets(data_folder: Path, db: None) -> None:
    session_id = new_id()
    folder = folder_make(session_id)
    write_private(folder / "servers.json", {"secret": "canary"})
    os.utime(folder, (0, 0))
    report = services.sweep()
    assert (report.folders_removed, report.files_removed) == (1, 1)
    assert not folder.exists()


def test_a_folder_that_was_made_a_moment_ago_is_left_alone(data_folder: Path, db: None) -> None:
    folder = folder_make(new_id())
    assert services.sweep().folders_removed == 0
    assert folder.exists()


def test_a_row_whose_process_was_killed_says_stopped_and_keeps_no_secret_file(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "small")
    os.kill(gateway.pid or 0, signal.SIGKILL)
    embedded._started[gateway.pid or 0].wait(5)
    report = services.sweep()
    gateway.refresh_from_db()
    assert report.gateways_gone == 1
    assert (gateway.state, gateway.reason_code, gateway.pid) == (GatewayState.STOPPED, "gateway.process_gone", None)
    assert of_session(gateway.session_id) == []
    assert not (folder_of(gateway.session_id) / "servers.json").exists()
    services.gateway_ensure_running(gateway=gateway, timeout_s=20)
    assert {status.name for status in wishes.told[-1][1]} == {"small"}


def test_a_living_gateway_is_adopted_and_not_touched(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "small")
    report = services.sweep()
    assert not report.found_anything
    assert embedded.is_alive(gateway)


def test_a_wish_whose_worker_died_is_taken_up_again(gateway: Gateway, wishes: Wishes) -> None:
    services.gateway_want(gateway=gateway)  # committed, and then the worker was killed
    report = services.sweep()
    gateway.refresh_from_db()
    assert report.gateways_caught_up == 1
    assert (gateway.state, gateway.applied_revision) == (GatewayState.RUNNING, 1)


def test_the_command_says_what_it_did(data_folder: Path, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sweep")
    assert "0" in capsys.readouterr().out


def test_a_probe_measures_and_a_gateway_that_hangs_is_given_up(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "small")
    services.probe(gateway)
    assert gateway.state == GatewayState.RUNNING
    assert (gateway.latency_ms or 0) > 0
    gateway.port = 1  # nothing listens there
    Gateway.objects.filter(pk=gateway.pk).update(port=1)
    services.probe(gateway)
    assert gateway.state == GatewayState.UNHEALTHY
    for _ in range(FAILURES_MAX - 1):
        services.probe(gateway)
    assert gateway.state == GatewayState.FAILED
    assert of_session(gateway.session_id) == []
    services.gateway_ensure_running(gateway=gateway, timeout_s=20)
    assert gateway.state == GatewayState.RUNNING
