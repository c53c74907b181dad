"""A gateway's life with real processes: started, applied, killed, started again, stopped and counted."""

import errno
import os
import signal
from pathlib import Path

import psutil
import pytest

from audit.models import AuditEvent, Verb
from foundation import processes
from gateways import hooks, lease, services
from gateways.errors import GatewayClosed, GatewayUnavailable
from gateways.folders import folder_of
from gateways.models import Gateway, GatewayState
from gateways.ours import of_session
from gateways.runtimes import embedded
from gateways.specs import Receipt, ServerSpec
from tests.gateways.conftest import Wishes
from tests.support.waiting import until


def test_a_wanted_server_is_brought_up_and_told(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time")
    assert gateway.state == GatewayState.RUNNING
    assert gateway.applied_revision == gateway.desired_revision == 1
    assert gateway.lease_until is None
    names = [(status.name, status.state) for status in wishes.told[-1][1]]
    assert names == [("time", "ready")]
    assert AuditEvent.objects.filter(verb=Verb.GATEWAY_STATE, object_id=gateway.pk).count() == 1


def test_applying_twice_keeps_the_same_process(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time")
    pid, told = gateway.pid, len(wishes.told)
    services.gateway_apply(gateway_id=gateway.pk)
    gateway.refresh_from_db()
    assert gateway.pid == pid
    assert len(wishes.told) == told


def test_a_killed_gateway_is_started_again_with_its_servers_and_a_fresh_bearer(
    gateway: Gateway, wishes: Wishes
) -> None:
    wishes.want(gateway, "time", "fetch")
    old = (gateway.pid, bytes(gateway.bearer_sealed or b""))
    os.kill(gateway.pid or 0, signal.SIGKILL)
    embedded._started[gateway.pid or 0].wait(5)
    services.gateway_apply(gateway_id=gateway.pk)
    gateway.refresh_from_db()
    assert gateway.state == GatewayState.RUNNING
    assert gateway.pid != old[0]
    assert bytes(gateway.bearer_sealed or b"") != old[1]
    assert {status.name for status in wishes.told[-1][1]} == {"time", "fetch"}
    assert len(of_session(gateway.session_id)) == 3


def test_a_call_that_finds_it_stopped_waits_until_it_runs(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time")
    services.gateway_stop(gateway_id=gateway.pk, close=False)
    services.gateway_ensure_running(gateway=gateway, timeout_s=20)
    assert gateway.state == GatewayState.RUNNING
    assert {status.name for status in wishes.told[-1][1]} == {"time"}


def test_a_program_that_does_not_start_is_failed_with_its_last_words(
    gateway: Gateway, wishes: Wishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "PROGRAM", ("-c", "raise SystemExit('out of luck')"))
    wishes.want(gateway, "time")
    assert gateway.state == GatewayState.FAILED
    assert "out of luck" in gateway.detail
    with pytest.raises(GatewayUnavailable):
        services.gateway_ensure_running(gateway=gateway, timeout_s=5)


def test_a_disk_that_is_full_fails_the_gateway_with_the_reason(
    gateway: Gateway, wishes: Wishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")

    monkeypatch.setattr(embedded, "write_private", full)
    wishes.want(gateway, "time")
    assert (gateway.state, gateway.reason_code) == (GatewayState.FAILED, "gateway.unavailable")
    assert "No space left on device" in gateway.detail
    assert "/secret/path" not in gateway.detail
    assert gateway.lease_until is None
    assert not of_session(gateway.session_id)
    monkeypatch.undo()


def test_a_disk_that_fills_up_later_leaves_no_process_behind(
    gateway: Gateway, wishes: Wishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(embedded, "apply", full)
    wishes.want(gateway, "time")
    assert gateway.state == GatewayState.FAILED
    assert not of_session(gateway.session_id)
    monkeypatch.undo()


def test_a_gateway_that_dies_again_and_again_has_failed(
    gateway: Gateway, wishes: Wishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[int] = []

    def kill(killed: Gateway, *_args: object) -> None:
        starts.append(killed.pid or 0)
        os.kill(killed.pid or 0, signal.SIGKILL)
        raise GatewayUnavailable

    monkeypatch.setattr(embedded, "apply", kill)
    wishes.want(gateway, "time")
    assert len(set(starts)) == 2
    assert gateway.state == GatewayState.FAILED


def test_a_gateway_that_died_by_itself_does_not_stay_a_zombie(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time")
    pid = gateway.pid or 0
    os.kill(pid, signal.SIGKILL)

    def gone() -> bool:
        services.probe_all()
        return not psutil.pid_exists(pid)

    until(gone)
    services.probe_all()  # the first may have met it still dying
    gateway.refresh_from_db()
    assert (gateway.state, gateway.pid) == (GatewayState.STOPPED, None)


def test_the_row_of_a_gateway_is_forgotten_only_when_it_is_closed(gateway: Gateway, wishes: Wishes) -> None:
    assert services.gateways_forget(gateway_ids=[gateway.pk]) == 0
    services.gateway_stop(gateway_id=gateway.pk)
    assert services.gateways_forget(gateway_ids=[gateway.pk]) == 1


def test_nobody_else_is_disturbed_while_one_worker_has_the_lease(gateway: Gateway, wishes: Wishes) -> None:
    assert lease.claim(gateway.pk, "another worker")
    wishes.want(gateway, "time")
    assert gateway.state == GatewayState.STOPPED
    lease.release(gateway.pk, "another worker")
    services.gateway_apply(gateway_id=gateway.pk)
    gateway.refresh_from_db()
    assert gateway.applied_revision == 1


def test_stopping_counts_processes_and_files_and_leaves_nothing(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time", "fetch")
    running = of_session(gateway.session_id)
    assert len(running) == 3
    receipt = services.gateway_stop(gateway_id=gateway.pk)
    assert receipt.processes_stopped == 3
    assert receipt.files_removed >= 3
    assert receipt.left_over == 0
    assert not folder_of(gateway.session_id).exists()
    assert not any(processes.alive(found) for found in running)
    assert services.gateway_stop(gateway_id=gateway.pk) == Receipt()
    gateway.refresh_from_db()
    assert (gateway.state, gateway.pid, gateway.bearer_sealed) == (GatewayState.STOPPED, None, None)


def test_a_stopped_gateway_of_an_ended_session_never_starts_again(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time")
    services.gateway_stop(gateway_id=gateway.pk)
    services.gateway_apply(gateway_id=gateway.pk)  # a task that was late
    assert of_session(gateway.session_id) == []
    with pytest.raises(GatewayClosed):
        services.gateway_want(gateway=gateway)
    with pytest.raises(GatewayClosed):
        services.gateway_ensure_running(gateway=gateway)


def test_a_removed_server_leaves_a_receipt(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time", "fetch")
    home = folder_of(gateway.session_id) / "servers" / "time"
    home.mkdir(parents=True)
    (home / "cache").touch()
    wishes.want(gateway, "fetch")
    receipt = services.server_removed_receipt(gateway=gateway, name="time")
    assert receipt == Receipt(processes_stopped=1, files_removed=1)
    assert len(of_session(gateway.session_id)) == 2


def test_the_consoles_shutdown_stops_all_of_them_and_keeps_the_sessions(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time")
    receipt = services.stop_all_local()
    gateway.refresh_from_db()
    assert receipt.processes_stopped == 2
    assert receipt.left_over == 0
    assert (gateway.state, gateway.closed) == (GatewayState.STOPPED, False)


def test_secrets_are_in_private_files_and_in_no_argument_vector(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "time")
    folder = folder_of(gateway.session_id)
    bearer = embedded.read_json(folder / "gateway.json")["bearer"]  # type: ignore[index]
    for found in of_session(gateway.session_id):
        words = " ".join(psutil.Process(found.pid).cmdline())
        assert bearer not in words
        assert "canary" not in words
    console_names = ("CONSOLE_SECRET_KEY", "VAULT_KEYS", "DATABASE_URL", "REDIS_URL")
    environment = psutil.Process(gateway.pid).environ()
    assert not set(console_names) & set(environment)
    assert "canary-in-env" not in environment.values()
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("gateway.json", "servers.json", "gateway.log"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600, name


def test_the_bearer_of_one_row_does_not_open_on_another(gateway: Gateway, wishes: Wishes, data_folder: Path) -> None:
    from gateways.endpoint import endpoint_of
    from vault.errors import SecretUnreadable

    wishes.want(gateway, "time")
    copy = services.gateway_create(owner=gateway.owner, session_id="0" * 26, runtime="embedded")
    copy.port, copy.bearer_sealed = gateway.port, gateway.bearer_sealed
    with pytest.raises(SecretUnreadable):
        endpoint_of(copy)


def test_a_session_that_ends_in_the_middle_of_a_start_leaves_nothing(
    gateway: Gateway, wishes: Wishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends_it(asked: Gateway) -> list[ServerSpec]:
        services.gateway_stop(gateway_id=asked.pk)
        return []

    monkeypatch.setattr(hooks.wanted_servers, "_listeners", [ends_it])
    services.gateway_want(gateway=gateway)
    services.gateway_apply(gateway_id=gateway.pk)
    gateway.refresh_from_db()
    assert (gateway.state, gateway.closed) == (GatewayState.STOPPED, True)
    assert of_session(gateway.session_id) == []
    assert not folder_of(gateway.session_id).exists()
