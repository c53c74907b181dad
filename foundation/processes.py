"""The only door to other processes: starting them, finding them again, stopping all that belongs to one.

Security duty: an argument vector and never a shell; an environment that is given in full, never inherited by accident;
a process is known by its id and its start time, so that a reused id is never signalled.
Standard library at import; psutil is loaded where a process is looked at.
"""

import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

LABEL = "MCP_CONSOLE_SESSION"  # the variable that ties every process of a session to it
DEVNULL = subprocess.DEVNULL
PIPE = subprocess.PIPE
TimeoutExpired = subprocess.TimeoutExpired
Stream = int | IO[bytes] | None
_PASSED_ON = ("PATH", "LANG", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR")
_START_TOLERANCE_S = 1.0  # the boot time, and with it every start time, moves a little when the clock is set
_PR_SET_PDEATHSIG = 1  # prctl(2)


class ArgumentRefused(ValueError):
    """The argument vector is empty or an item holds NUL or a line break; the text says which."""


@dataclass(frozen=True)
class ProcessId:
    """A process for good: `started` is seconds since the epoch, as psutil gives it."""

    pid: int
    started: float


@dataclass(frozen=True)
class Finished:
    """What a short command left: `returncode` is None when it ran out of time or output and was killed."""

    returncode: int | None
    stdout: bytes
    stderr: bytes


def check_argv(argv: Sequence[str]) -> list[str]:
    """Return the vector as a list. Raises ArgumentRefused."""
    items = [str(item) for item in argv]
    if not items or not items[0]:
        raise ArgumentRefused("no program is named")
    for position, item in enumerate(items):
        if any(character in item for character in "\0\r\n"):
            raise ArgumentRefused(f"argument {position} holds NUL or a line break")
    return items


def base_environment(extra_names: Iterable[str] = (), *, source: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that a child may see: search path, language, time zone, certificates, and `extra_names`."""
    given = os.environ if source is None else source
    wanted = {*_PASSED_ON, *extra_names}
    return {name: value for name, value in given.items() if name in wanted or name.startswith("LC_")}


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: "str | os.PathLike[str] | None" = None,
    stdin: Stream = DEVNULL,
    stdout: Stream = DEVNULL,
    stderr: Stream = DEVNULL,
    new_session: bool = True,
    die_with_parent: bool = False,
    pass_fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start a program with exactly this environment, by default as the leader of its own session and group.

    With `die_with_parent` (Linux) the kernel kills it when this process ends. The kernel means the starting thread,
    so that is for the main thread alone: RuntimeError elsewhere. Raises ArgumentRefused, OSError.
    """
    items = check_argv(argv)
    if die_with_parent and threading.current_thread() is not threading.main_thread():
        raise RuntimeError("only the main thread lives as long as the process")
    return subprocess.Popen(
        items,
        env=dict(env),
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=new_session,
        pass_fds=pass_fds,
        preexec_fn=_tied_to_parent() if die_with_parent and sys.platform == "linux" else None,
    )


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    timeout_s: float,
    cwd: "str | os.PathLike[str] | None" = None,
    max_bytes: int = 1024 * 1024,
) -> Finished:
    """Run a short command to its end, or kill its group after `timeout_s` or `max_bytes` of output.

    Raises ArgumentRefused, OSError (no such program).
    """
    process = start(argv, env=env, cwd=cwd, stdout=PIPE, stderr=PIPE)
    until = time.monotonic() + timeout_s
    whole, out, err = _collect(process, until, max_bytes)
    if whole:
        try:
            return Finished(process.wait(max(0.05, until - time.monotonic())), out, err)
        except subprocess.TimeoutExpired:
            pass  # it closed its streams and lives on: killed below
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    return Finished(None, out, err)


def identify(pid: int) -> ProcessId | None:
    """Return the identity of a running process, None when there is none."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessId(pid, process.create_time())
    except psutil.NoSuchProcess:
        return None


def alive(identity: ProcessId) -> bool:
    """Whether this very process runs (a zombie does not, nor does another one under its id)."""
    now = identify(identity.pid)
    return now is not None and abs(now.started - identity.started) < _START_TOLERANCE_S


def tree(identity: ProcessId) -> list[ProcessId]:
    """Return the process, its descendants and the members of its group, whichever of them run."""
    return [ProcessId(process.pid, process.create_time()) for process in _belonging(identity)]


def stop_tree(identity: ProcessId, grace_s: float = 3.0) -> int:
    """Stop a process with its descendants and its group; return how many processes ended.

    TERM first, KILL after `grace_s` seconds; children that left the group are found by descent before their parent
    is gone.
    """
    import psutil

    known = {process.pid: process for process in _belonging(identity)}
    _signal_all(known.values(), signal.SIGTERM)
    gone, _rest = psutil.wait_procs(list(known.values()), timeout=grace_s)
    stopped = {process.pid for process in gone}
    for _round in range(3):  # a process may fork while it is being stopped
        known.update({process.pid: process for process in _belonging(identity)})
        for process in list(known.values()):
            known.update({child.pid: child for child in _children(process)})
        rest = [process for process in known.values() if process.pid not in stopped]
        if not rest:
            break
        _signal_all(rest, signal.SIGKILL)
        gone, _rest = psutil.wait_procs(rest, timeout=2.0)
        stopped |= {process.pid for process in gone}
    return len(stopped)


def find_labelled(also: Mapping[str, str] | None = None) -> dict[str, list[ProcessId]]:
    """Return every process of this user that carries a session's label (and the variables `also`), by session id."""
    import psutil

    found: dict[str, list[ProcessId]] = {}
    wanted = dict(also or {})
    for process in psutil.process_iter():
        try:
            if process.uids().real != os.getuid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            environment = process.environ()
            session_id = environment.get(LABEL)
            if session_id and all(environment.get(name) == value for name, value in wanted.items()):
                found.setdefault(session_id, []).append(ProcessId(process.pid, process.create_time()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # ended meanwhile, or not ours to look at
    return found


def find_by_label(session_id: str) -> list[ProcessId]:
    """Return the processes of this user whose environment holds the session's label."""
    return find_labelled().get(session_id, [])


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask the kernel (Linux; nothing elsewhere) to send this process `number` when its parent ends."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def free_port(address: str = "127.0.0.1") -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _tied_to_parent() -> Callable[[], None]:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)  # loaded before the fork: nothing is allocated after it
    parent = os.getpid()

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the line above
            os._exit(1)

    return tie


def _collect(process: "subprocess.Popen[bytes]", until: float, max_bytes: int) -> tuple[bool, bytes, bytes]:
    """Read both streams to their end; return whether that came before the deadline and the cap."""
    kept: dict[object, bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as selector, process.stdout as out, process.stderr as err:  # type: ignore[union-attr]
        for stream in (out, err):
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            remaining = until - time.monotonic()
            if remaining <= 0:
                break
            for key, _events in selector.select(remaining):
                piece = os.read(key.fd, 65536)
                kept[key.fileobj] += piece
                if not piece:
                    selector.unregister(key.fileobj)
            if sum(map(len, kept.values())) > max_bytes:
                break
        whole = not selector.get_map()
    return whole, bytes(kept[process.stdout][:max_bytes]), bytes(kept[process.stderr][:max_bytes])


def _belonging(identity: ProcessId) -> "list[psutil.Process]":
    import psutil

    found: dict[int, psutil.Process] = {}
    if alive(identity):
        root = psutil.Process(identity.pid)
        found = {process.pid: process for process in (root, *_children(root))}
    elif identify(identity.pid) is not None:
        return []  # the id belongs to somebody else now, so the group is gone too
    if identity.pid != os.getpgrp():
        for process in psutil.process_iter():
            try:
                if os.getpgid(process.pid) == identity.pid and process.status() != psutil.STATUS_ZOMBIE:
                    late = process.create_time() >= identity.started - _START_TOLERANCE_S
                    found.update({process.pid: process} if late else {})
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue  # ended meanwhile
    found.pop(os.getpid(), None)
    return list(found.values())


def _children(process: "psutil.Process") -> "list[psutil.Process]":
    import psutil

    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal_all(processes: "Iterable[psutil.Process]", number: int) -> None:
    import psutil

    for process in processes:
        try:
            process.send_signal(number)  # psutil checks the start time: a reused id is not hit
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # ended meanwhile, or not ours: what is left over is counted by the caller


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
