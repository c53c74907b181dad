"""Starts and stops the processes of one server: an argument vector, pipes, a process group of its own.

Security duty: no shell, no inherited environment, no inherited file descriptors; stopping ends the whole family,
TERM first and KILL after the grace, and counts what is left.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from foundation import processes
from gateways.embedded import tree
from gateways.embedded.limits import TERM_GRACE_S
from gateways.specs import Receipt, ServerSpec

if TYPE_CHECKING:
    import subprocess


def spawn(spec: ServerSpec, session_id: str) -> "subprocess.Popen[bytes]":
    """Start `spec.argv` with exactly `spec.env` and the session's label. Raises OSError or ValueError."""
    return processes.start(
        spec.argv,
        env={**spec.env, processes.LABEL: session_id},
        cwd=spec.cwd or None,
        stdin=processes.PIPE,
        stdout=processes.PIPE,
        stderr=processes.PIPE,
    )


def stop(process: "subprocess.Popen[bytes]", grace_s: float = TERM_GRACE_S) -> Receipt:
    """End the process and its family; return how many were stopped and how many are left."""
    known = {(info.pid, info.started): info for info in tree.family(process.pid)}
    _signal(process.pid, known.values(), signal.SIGTERM)
    _wait(process, known.values(), grace_s)
    for info in tree.family(process.pid):
        known[(info.pid, info.started)] = info
    if any(tree.alive(info) for info in known.values()):
        _signal(process.pid, known.values(), signal.SIGKILL)
        _wait(process, known.values(), 2.0)
    left = sum(tree.alive(info) for info in known.values())
    return Receipt(processes_stopped=len(known) - left, left_over=left)


def stop_strays(session_id: str) -> Receipt:
    """Kill what carries the session's label and belongs to no server any more; return the counts."""
    strays = tree.labelled(session_id)
    for info in strays:
        _kill(info.pid, signal.SIGKILL)
    deadline = time.monotonic() + 2.0
    while any(tree.alive(info) for info in strays) and time.monotonic() < deadline:
        time.sleep(0.01)
    left = sum(tree.alive(info) for info in strays)
    return Receipt(processes_stopped=len(strays) - left, left_over=left)


def _signal(group: int, family: Iterable[tree.ProcessInfo], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # an empty group: only those who left it remain
        os.killpg(group, number)
    for info in family:
        if info.group != group and tree.alive(info):
            _kill(info.pid, number)


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return  # it ended by itself, or is counted as left over


def _wait(process: "subprocess.Popen[bytes]", family: Iterable[tree.ProcessInfo], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    pause = 0.002
    while time.monotonic() < deadline:
        if process.poll() is not None and not any(tree.alive(info) for info in family):
            return
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
