"""Finds what has no owner any more: processes, folders and secret files of sessions that are over, rows without a
process. At the worker's start and every minute.

Security duty: only what carries this installation's label, or lies in its folder of sessions, is touched.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from audit.models import Verb
from audit.services import record
from gateways.folders import folder_of, folder_remove, folders_present
from gateways.models import Gateway
from gateways.ours import of_session, ours, stop_all
from gateways.probes import probe
from gateways.queueing import enqueue_apply
from gateways.runtimes import embedded
from gateways.selectors import gateways_alive, gateways_behind, gateways_here, is_idle

_YOUNG_S = 60.0  # a folder whose row may not be committed yet


@dataclass(frozen=True)
class SweepReport:
    """What was found and removed; `left_over` resisted. `gateways_gone` are rows whose process was not there."""

    processes_stopped: int = 0
    files_removed: int = 0
    folders_removed: int = 0
    gateways_gone: int = 0
    gateways_caught_up: int = 0
    left_over: int = 0

    @property
    def found_anything(self) -> bool:
        return any(asdict(self).values())


def sweep() -> SweepReport:
    """Remove what has no owner on this node and tell the rows the truth; safe to run at any time, twice at once too."""
    gone = _rows_without_process()
    running, present = ours(), folders_present()
    # Read after what it is compared with: a row is always there before its process and its folder.
    owned = {gateway.session_id: gateway for gateway in gateways_here()}
    stopped = left = 0
    for session_id, found in running.items():
        gateway = owned.get(session_id)
        if gateway is not None and not is_idle(gateway):
            continue  # it belongs to a living gateway, or to one that somebody works on
        stop_all(session_id)
        rest = len(of_session(session_id))
        stopped, left = stopped + len(found) - rest, left + rest
    folders = files = 0
    for session_id in present:
        if session_id in owned or _is_young(folder_of(session_id)):
            continue
        removed, rest = folder_remove(session_id)
        folders, files, left = folders + 1, files + removed, left + rest
    behind = list(gateways_behind())
    for gateway in behind:
        enqueue_apply(gateway)
    files += _secret_files(list(owned.values()))
    report = SweepReport(stopped, files, folders, gone, len(behind), left)
    if report.found_anything:
        record(Verb.SWEEP_REMOVE, actor=None, detail=asdict(report))
    return report


def _rows_without_process() -> int:
    gone = [gateway for gateway in gateways_alive() if not embedded.is_alive(gateway)]
    for gateway in gone:
        probe(gateway)
    return len(gone)


def _is_young(folder: Path) -> bool:
    try:
        return time.time() - folder.stat().st_mtime < _YOUNG_S
    except FileNotFoundError:
        return True  # somebody else removed it


def _secret_files(gateways: list[Gateway]) -> int:
    """Remove the files with secrets of gateways that do not run: they are written anew at the next start."""
    removed = 0
    for gateway in gateways:
        if not Path(settings.SESSIONS_DIR, gateway.session_id).exists() or not is_idle(gateway):
            continue
        folder = folder_of(gateway.session_id)
        for path in (
            folder / "gateway.json",
            folder / "servers.json",
            *folder.glob(".*.json.*"),
            *folder.glob("*.bearer"),
        ):
            removed += int(path.exists())
            path.unlink(missing_ok=True)
    return removed
