"""The supervisor with real small programs: it starts them again, tells why, and ends them."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from catalog_site import supervisor as supervising
from catalog_site.supervisor import Program, Supervisor
from tests.support.waiting import until

LIVES = "import time; print('up', flush=True); time.sleep(60)"
DIES = "print('last words', flush=True); raise SystemExit(3)"
DEAF = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('up', flush=True); time.sleep(60)"
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(say=said.append)
    yield made
    made.stop({program.name for program in made.programs}, grace_s=0.1)


def program(folder: Path, name: str, code: str) -> Program:
    return Program(name=name, argv=[sys.executable, "-c", code], env={"TOLD": name}, cwd=folder, log=folder / name)


def up(started: Program) -> int:
    """Return the pid of a program once it has said that it runs."""
    until(lambda: started.log.exists() and "up" in started.log.read_text())
    assert started.process is not None
    return started.process.pid


def test_a_program_gets_its_environment_and_no_other(supervisor: Supervisor, tmp_path: Path) -> None:
    seen = program(tmp_path, "env", "import os; print(sorted(n for n in os.environ if n != 'LC_CTYPE'), flush=True)")
    supervisor.add(seen)
    until(lambda: "TOLD" in seen.log.read_text())
    assert seen.log.read_text().strip() == "['TOLD']"


def test_what_died_starts_again_later_each_time_and_says_its_last_words(
    supervisor: Supervisor, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "RESTART_DELAYS_S", (0.0, 0.02, 0.04))
    dying = program(tmp_path, "dying", DIES)
    supervisor.add(dying)

    def deaths(number: int) -> bool:
        supervisor.tend()
        return dying.failures >= number

    until(lambda: deaths(4))
    told = [line for line in said if line.startswith("dying stopped")]
    assert [line.rsplit("in ", 1)[1] for line in told] == ["0 s", "0.02 s", "0.04 s", "0.04 s"]
    assert all("with code 3" in line for line in told)
    assert "last words" in said[1]


def test_it_does_not_start_again_before_its_time(supervisor: Supervisor, tmp_path: Path) -> None:
    dying = program(tmp_path, "dying", DIES)
    supervisor.add(dying)
    assert dying.process is not None
    dying.process.wait(10)
    supervisor.tend()
    dying.restart_at += 1000
    supervisor.tend()
    assert dying.process is None
    dying.restart_at = 0
    supervisor.tend()
    assert dying.process is not None


def test_a_program_that_has_lived_long_is_forgiven(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = program(tmp_path, "lives", LIVES)
    lives.failures = 3
    supervisor.add(lives)
    supervisor.tend()
    assert lives.failures == 3
    monkeypatch.setattr(supervising, "STABLE_AFTER_S", -1.0)
    supervisor.tend()
    assert lives.failures == 0


def test_only_the_named_ones_are_stopped(supervisor: Supervisor, tmp_path: Path) -> None:
    first, second = program(tmp_path, "first", LIVES), program(tmp_path, "second", LIVES)
    supervisor.add(first)
    supervisor.add(second)
    gone, stays = up(first), up(second)
    supervisor.stop({"first"}, grace_s=5)
    assert not psutil.pid_exists(gone)
    assert psutil.pid_exists(stays)
    assert [left.name for left in supervisor.programs] == ["second"]
    supervisor.tend()
    assert first.process is None


def test_one_that_does_not_obey_is_ended_with_its_children(supervisor: Supervisor, tmp_path: Path) -> None:
    deaf = program(tmp_path, "deaf", DEAF)
    supervisor.add(deaf)
    process = psutil.Process(up(deaf))
    until(process.children)
    children = process.children(recursive=True)
    supervisor.stop({"deaf"}, grace_s=0.2)
    until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))
    assert not process.is_running()


def test_a_program_that_is_already_dead_is_no_hindrance(supervisor: Supervisor, tmp_path: Path) -> None:
    dead = program(tmp_path, "dead", LIVES)
    supervisor.add(dead)
    assert dead.process is not None
    dead.process.send_signal(signal.SIGKILL)
    dead.process.wait(10)
    supervisor.stop({"dead"}, grace_s=1)
    assert supervisor.programs == []


def test_the_tail_is_the_last_lines_and_no_more(tmp_path: Path) -> None:
    told = program(tmp_path, "told", LIVES)
    told.log.write_bytes(b"\xff" + b"".join(b"line %d\n" % number for number in range(5000)))
    assert told.tail().splitlines() == [f"line {number}" for number in range(4988, 5000)]
