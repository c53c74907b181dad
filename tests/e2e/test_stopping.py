"""Stopping the console in the middle of a call: nothing of it stays, whichever way it is stopped."""

import contextlib
import shutil
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.console import ROOT, RunningConsole, free_port, running_console
from tests.support.program import Program, program_for
from tests.support.waiting import until

pytestmark = pytest.mark.node
LONG = {"duration": 120, "steps": 2}


@dataclass(frozen=True)
class Warm:
    data: Path
    token: str

    def copy(self, target: Path) -> Path:
        shutil.copytree(self.data, target, symlinks=True)
        return target


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Warm:
    """A stopped console's data folder, with a user in it and the package downloaded: each test takes a copy."""
    data = tmp_path_factory.mktemp("warm") / "data"
    with running_console(ROOT, data) as console:
        program = program_for(console, "keeper")
        session = program.session_with("everything")
        program.call("DELETE", f"/sessions/{session}")
        console.stop()
    return Warm(data, program.token)


def in_the_middle_of_a_call(console: RunningConsole, token: str) -> tuple[Program, str]:
    """Start a session, and in it a call that would take two minutes; return once it is under way."""
    program = Program(console.url, token)
    session = program.session_with("everything")

    def call() -> None:
        body = {"tool": "trigger-long-running-operation", "arguments": LONG, "timeout_s": 150}
        with contextlib.suppress(OSError):  # the console goes away under the call: what the test is about
            program.call("POST", f"/sessions/{session}/exec", body)

    threading.Thread(target=call, daemon=True).start()
    until(lambda: program.get(f"/sessions/{session}/executions")["count"] == 1, timeout_s=20)
    return program, session


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_stops_everything_in_the_middle_of_a_call(number: signal.Signals, warm: Warm, tmp_path: Path) -> None:
    with running_console(ROOT, warm.copy(tmp_path / "data")) as console:
        _program, session = in_the_middle_of_a_call(console, warm.token)
        folder = console.data / "sessions" / session
        assert folder.is_dir()
        assert len(console.processes()) >= 6  # web, worker, beat, Valkey, gateway, child
        console.stop(number, timeout_s=20)
        assert console.processes() == []
        assert not folder.exists()


def test_a_killed_console_leaves_nothing_after_the_next_start(warm: Warm, tmp_path: Path) -> None:
    with running_console(ROOT, warm.copy(tmp_path / "data")) as console:
        program, session = in_the_middle_of_a_call(console, warm.token)
        own = {"granian", "celery", "valkey-server", "manage.py"}
        console.stop(signal.SIGKILL)

        def own_left() -> list[str]:
            lines = [" ".join(process.cmdline()) for process in console.processes()]
            return [line for line in lines if any(name in line for name in own)]

        until(lambda: own_left() == [], timeout_s=5)
        orphans = {process.pid for process in console.processes()}
        again = RunningConsole(root=ROOT, data=console.data, port=free_port())
        try:
            again.start()
            until(lambda: not orphans & {process.pid for process in again.processes()}, timeout_s=5)
            beside = Program(again.url, program.token)
            shown = beside.get(f"/sessions/{session}")
            assert (shown["state"], shown["gateway"]["state"]) == ("active", "stopped")
            assert beside.run(session, "echo", {"message": "again"})["output"] == "Echo: again"
        finally:
            again.kill()


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with running_console(ROOT, tmp_path / "data") as console:
        second = RunningConsole(root=ROOT, data=tmp_path / "other", port=console.port)
        with pytest.raises(AssertionError, match=f"Port {console.port} on 127.0.0.1 cannot be used"):
            second.start()
        assert not any("Traceback" in line for line in second.lines)
