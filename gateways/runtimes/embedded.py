"""The embedded runtime: one `python -m gateways.embedded` per session, in the session's own folder.

Security duty: bearer and secrets reach the process through 0600 files in a 0700 folder, never through `argv`; its
environment is allow-listed and carries the labels by which everything of the session is found again.
"""

import re
import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.models import NAME_PATTERN
from foundation import processes
from foundation.processes import ProcessId
from foundation.redaction import redact
from gateways import control
from gateways.endpoint import endpoint_of
from gateways.errors import GatewayUnavailable
from gateways.folders import files_below, folder_make, folder_of, folder_remove, read_json, write_private
from gateways.labels import base_environment
from gateways.models import Gateway
from gateways.ours import of_session, stop_all
from gateways.selectors import is_idle
from gateways.specs import Receipt, ServerSpec

START_TIMEOUT_S = 15.0
PROGRAM = ("-m", "gateways.embedded")
_STEP_S = 0.005
_LOG_TAIL = 2000
_SERVER = re.compile(NAME_PATTERN)


@dataclass(frozen=True)
class Running:
    """A process that listens."""

    pid: int
    started: float
    port: int
    bearer: str


_started: "dict[int, Popen[bytes]]" = {}  # kept only to be reaped; who runs is asked of the operating system


def available() -> str | None:
    """The embedded runtime needs nothing but this Python."""
    return None


def start(gateway: Gateway) -> Running:
    """Start the gateway's program and wait until it listens. Raises GatewayUnavailable with its last words."""
    reap()
    existed = folder_of(gateway.session_id).exists()
    folder = folder_make(gateway.session_id)
    if existed:
        stop_processes(gateway)  # children that outlived a killed gateway
        (folder / "endpoint.json").unlink(missing_ok=True)
    bearer = secrets.token_urlsafe(32)
    told = {
        "session_id": gateway.session_id,
        "host": gateway.address,
        "port": 0,
        "bearer": bearer,
        "outbound_allow": list(settings.OUTBOUND_ALLOW),
        "output_max_bytes": settings.EXEC_OUTPUT_MAX_BYTES,
    }
    write_private(folder / "gateway.json", told)
    write_private(folder / "servers.json", {"revision": 0, "servers": []})
    env = {**base_environment(gateway.session_id), "PYTHONPATH": str(settings.BASE_DIR)}
    argv = [sys.executable, *PROGRAM, "--dir", str(folder)]
    log = folder / "gateway.log"
    with log.open("ab") as stream:
        log.chmod(0o600)
        process = processes.start(argv, env=env, cwd=settings.BASE_DIR, stderr=stream)
    _started[process.pid] = process
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        found = read_json(folder / "endpoint.json")
        if found is not None and "port" in found:
            identity = processes.identify(process.pid)
            if identity is not None:
                return Running(process.pid, identity.started, int(found["port"]), bearer)
        if process.poll() is not None:
            break
        time.sleep(_STEP_S)
    raise GatewayUnavailable(_("The gateway's process did not start: %(why)s") % {"why": _last_words(log)})


def apply(gateway: Gateway, servers: Sequence[ServerSpec], revision: int) -> None:
    """Write what should run and have the gateway read it. Raises GatewayUnavailable."""
    wanted = {"revision": revision, "servers": [server.to_json() for server in servers]}
    write_private(folder_make(gateway.session_id) / "servers.json", wanted)
    control.apply(endpoint_of(gateway))


def stop(gateway: Gateway) -> Receipt:
    """Stop the process and all it started, remove the session's folder; `left_over` is counted afterwards."""
    before = {found.pid for found in of_session(gateway.session_id)}
    files = files_below(folder_of(gateway.session_id))
    identity = identity_of(gateway)
    if identity is not None and processes.alive(identity):
        _ask_to_stop(gateway, identity)
    stop_processes(gateway)
    _files, entries_left = folder_remove(gateway.session_id)
    left = of_session(gateway.session_id)
    reap()
    return Receipt(
        processes_stopped=len(before - {found.pid for found in left}),
        files_removed=files - files_below(folder_of(gateway.session_id)),
        left_over=len(left) + entries_left,
    )


def reap() -> None:
    """Take leave of the gateways that this worker started and that have ended, so that none stays as a zombie."""
    for pid, process in list(_started.items()):
        if process.poll() is not None:
            _started.pop(pid, None)


def stop_processes(gateway: Gateway) -> None:
    """Stop what the row names and what carries the session's label."""
    stop_all(gateway.session_id, identity_of(gateway))


def identity_of(gateway: Gateway) -> ProcessId | None:
    if gateway.pid is None or gateway.process_started is None:
        return None
    return ProcessId(gateway.pid, gateway.process_started)


def is_alive(gateway: Gateway) -> bool:
    """Whether the row's own process runs, by pid and start time (a reused pid is another process)."""
    identity = identity_of(gateway)
    return identity is not None and gateway.port is not None and processes.alive(identity)


def server_folder(session_id: str, server: str) -> Path:
    if not _SERVER.fullmatch(server):
        raise ValueError("not a server's name")
    return folder_of(session_id) / "servers" / server


def server_folder_remove(gateway: Gateway, server: str) -> Receipt:
    """Remove one server's HOME and TMP and count what is left."""
    folder = server_folder(gateway.session_id, server)
    before = files_below(folder)
    shutil.rmtree(folder, ignore_errors=True)
    left = files_below(folder)
    return Receipt(files_removed=before - left, left_over=left + int(folder.exists()))


def removed(gateway: Gateway, server: str, timeout_s: float) -> Receipt:
    """Return the gateway's own count for a removed server; one that is not told in time counts as left over."""
    deadline, seq = time.monotonic() + timeout_s, 0
    gateway.refresh_from_db()
    while gateway.applied_revision != gateway.desired_revision and time.monotonic() < deadline:
        if gateway.closed or is_idle(gateway):
            break
        time.sleep(_STEP_S * 2)
        gateway.refresh_from_db()
    if not is_alive(gateway):
        return Receipt(left_over=len(of_session(gateway.session_id)))
    door = endpoint_of(gateway)
    while (left := deadline - time.monotonic()) > 0:
        state = control.state(door, after=seq, wait_s=min(left, 5.0) if seq else 0)
        running = {status.name for status in state.servers}
        if server not in running and state.revision >= gateway.desired_revision and not state.pending:
            return state.removed.get(server, Receipt())
        seq = state.seq
    return Receipt(left_over=1)


def _ask_to_stop(gateway: Gateway, identity: ProcessId) -> None:
    try:
        control.stop(endpoint_of(gateway))
    except GatewayUnavailable:
        return  # it does not answer: it is stopped by identity, group and label
    deadline = time.monotonic() + 3.0
    while processes.alive(identity) and time.monotonic() < deadline:
        time.sleep(_STEP_S)


def _last_words(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _LOG_TAIL))
        return redact(stream.read().decode("utf-8", "replace")).strip() or _("it said nothing")
