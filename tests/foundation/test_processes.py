"""The process door, with real processes: attack case 12, stopping whole trees, finding what is labelled."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foundation import processes
from foundation.ids import new_id
from foundation.processes import ArgumentRefused, ProcessId

ENV = processes.base_environment()
FOREVER = "import time; time.sleep(60)"


def one_line(code: str) -> str:
    return f"exec({code!r})"  # the door takes no line breaks


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def started() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    all_started: list[subprocess.Popen[bytes]] = []

    def begin(code: str, **options: object) -> "subprocess.Popen[bytes]":
        environment = {**ENV, **options.pop("extra_env", {})}
        argv = [sys.executable, "-c", one_line(code)]
        process = processes.start(argv, env=environment, stdout=processes.PIPE, **options)
        all_started.append(process)
        return process

    yield begin
    for process in all_started:
        process.kill()
        process.wait()
        process.stdout.close()


def identity_of(process: "subprocess.Popen[bytes]") -> ProcessId:
    identity = processes.identify(process.pid)
    assert identity is not None
    return identity


@pytest.mark.parametrize("argv", [[], [""], ["true", "a\0b"], ["true", "a\nb"], ["true", "a\rb"], ["tr\nue"]])
def test_it_refuses_an_argument_vector_that_could_split(argv: list[str]) -> None:
    with pytest.raises(ArgumentRefused):
        processes.start(argv, env=ENV)


@pytest.mark.parametrize("value", ["; id", "$(id)", "`id`", "| id", "&& id", "--privileged", "'", "*"])
def test_it_never_gives_a_value_to_a_shell(value: str) -> None:
    code = "import sys; sys.stdout.write(sys.argv[1])"
    done = processes.run([sys.executable, "-c", one_line(code), value], env=ENV, timeout_s=20)
    assert (done.returncode, done.stdout.decode()) == (0, value)


def test_a_child_sees_the_named_variables_only() -> None:
    source = {"PATH": "/bin", "LC_ALL": "C", "VAULT_KEYS": "canary", "PIP_INDEX_URL": "u", "AWS_SECRET": "canary"}
    environment = processes.base_environment(["PIP_INDEX_URL"], source=source)
    assert environment == {"PATH": "/bin", "LC_ALL": "C", "PIP_INDEX_URL": "u"}


def test_a_command_that_hangs_is_killed_with_its_children() -> None:
    label = new_id()
    code = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"  # noqa: E501
    done = processes.run([sys.executable, "-c", one_line(code)], env={**ENV, processes.LABEL: label}, timeout_s=0.8)
    assert done.returncode is None
    assert until(lambda: not processes.find_by_label(label))


def test_a_command_that_prints_without_end_is_killed() -> None:
    code = "import sys\nwhile True: sys.stdout.write('x' * 10000)"
    done = processes.run([sys.executable, "-c", one_line(code)], env=ENV, timeout_s=30, max_bytes=50_000)
    assert done.returncode is None
    assert len(done.stdout) == 50_000


def test_a_command_that_closes_its_streams_and_stays_is_killed() -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(60)"
    assert processes.run([sys.executable, "-c", one_line(code)], env=ENV, timeout_s=0.5).returncode is None


def test_a_process_is_known_by_its_start_time_too(started: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    identity = identity_of(started(FOREVER))
    assert processes.alive(identity)
    other = ProcessId(identity.pid, identity.started - 100)
    assert not processes.alive(other)
    assert processes.stop_tree(other, grace_s=0.1) == 0
    assert processes.alive(identity)


def test_an_ended_process_is_not_alive(started: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    process = started("pass")
    identity = processes.identify(process.pid)
    process.wait()
    assert identity is None or not processes.alive(identity)
    assert processes.identify(process.pid) is None


def test_stopping_reaches_children_that_left_the_group(started: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = 'import time; print(1, flush=True); time.sleep(60)'\n"
        "for apart in (True, False):\n"
        "    subprocess.Popen([sys.executable, '-c', child], start_new_session=apart)\n"
        "time.sleep(60)"
    )
    process = started(code)
    assert [process.stdout.readline() for _ in range(2)] == [b"1\n", b"1\n"]
    identity = identity_of(process)
    members = processes.tree(identity)
    assert len(members) == 3
    assert processes.stop_tree(identity, grace_s=3) == 3
    assert not any(processes.alive(member) for member in members)
    assert processes.stop_tree(identity) == 0


def test_stopping_ends_what_ignores_the_polite_signal(started: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    process = started("import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)")
    process.stdout.readline()
    assert processes.stop_tree(identity_of(process), grace_s=0.2) == 1
    assert process.wait(5) == -signal.SIGKILL or process.returncode == 0


def test_the_group_of_a_dead_leader_is_stopped(started: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)'])\n"
        "sys.stdin.read()"
    )
    process = started(code, stdin=processes.PIPE)
    process.stdout.readline()
    identity = identity_of(process)
    process.stdin.close()
    process.wait()
    assert len(processes.tree(identity)) == 1
    assert processes.stop_tree(identity) == 1


def test_labelled_processes_are_found_and_inherited(started: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    label = new_id()
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)'])\n"
        "time.sleep(60)"
    )
    process = started(code, extra_env={processes.LABEL: label})
    process.stdout.readline()
    found = processes.find_by_label(label)
    assert len(found) == 2
    assert identity_of(process) in found
    assert processes.find_labelled()[label] == found
    processes.stop_tree(identity_of(process))
    assert processes.find_by_label(label) == []


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from foundation import processes\n"
        f"child = processes.start([sys.executable, '-c', {FOREVER!r}], env={{}}, die_with_parent=True)\n"
        "Path(sys.argv[1]).write_text(str(child.pid))\n"
        "print(1, flush=True)\n"
        "time.sleep(60)"
    )
    root = str(Path(processes.__file__).parent.parent)
    parent = processes.start(
        [sys.executable, "-c", one_line(code), str(pid_file)], env={**ENV, "PYTHONPATH": root}, stdout=processes.PIPE
    )
    assert parent.stdout.readline() == b"1\n"
    child = processes.identify(int(pid_file.read_text()))
    assert child is not None
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: not processes.alive(child))


def test_a_port_that_is_free_can_be_had() -> None:
    assert 1024 < processes.free_port() < 65536
    assert processes.identify(os.getpid()) is not None
