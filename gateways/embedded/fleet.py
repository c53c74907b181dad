"""All servers of the session: what is wanted, what runs, what was removed; a counter grows with each change."""

import threading
from typing import Any

from gateways.embedded import spawn
from gateways.embedded.child import ChildUpstream
from gateways.embedded.door import Door
from gateways.embedded.limits import line_limit
from gateways.embedded.log import log
from gateways.embedded.remote import RemoteUpstream
from gateways.embedded.remote_sse import SseUpstream
from gateways.embedded.server import Server
from gateways.embedded.settings import Folder, GatewaySettings
from gateways.embedded.upstream import Upstream
from gateways.specs import Receipt, ServerSpec

_REMOVED_KEPT = 64


class Fleet:
    """Starts, stops and reports the servers. Every method may be called from any thread."""

    def __init__(self, folder: Folder, settings: GatewaySettings) -> None:
        self._folder = folder
        self._settings = settings
        self._changed = threading.Condition()
        self._apply_lock = threading.Lock()
        self._servers: dict[str, Server] = {}
        self._stopping = 0
        self._removed: dict[str, Receipt] = {}
        self._gone: dict[str, threading.Thread] = {}
        self._ended = False
        self.seq = 0
        self.revision = 0

    def apply(self) -> int:
        """Read `servers.json` again and move towards it in the background; return its revision.

        Raises OSError, ValueError, KeyError or TypeError when the file is not as agreed; nothing changes then.
        """
        with self._apply_lock:
            revision, specs = self._folder.servers()
            wanted = {spec.name: spec for spec in specs}
            with self._changed:
                if self._ended:
                    return self.revision
                old = {name: s for name, s in self._servers.items() if wanted.get(name) != s.spec}
                kept = {name: s for name, s in self._servers.items() if name not in old}
                fresh = {n: self._new(spec) for n, spec in wanted.items() if n not in kept}
                self._servers = {n: kept.get(n) or fresh[n] for n in wanted}
                self.revision = revision
                self._stopping += len(old)
                for name in fresh:
                    self._removed.pop(name, None)
            for name, server in old.items():
                files = 0 if name in wanted else self._folder.remove_inside(server.spec.bearer_file)
                self._replace(name, server, fresh.get(name), files)
            for name, server in fresh.items():
                if name not in old:
                    self._replace(name, None, server, 0)
            self._tick()
            return revision

    def restart(self, name: str) -> bool:
        """Start a failed server again. Return False when there is no server of that name."""
        server = self._servers.get(name)
        if server is None:
            return False
        server.start()
        return True

    def names(self) -> list[str]:
        return list(self._servers)

    def server(self, name: str) -> Server | None:
        return self._servers.get(name)

    def servers(self) -> list[Server]:
        return list(self._servers.values())

    def wait_for_change(self, after: int, timeout_s: float) -> dict[str, Any]:
        """Return the state as soon as its number is past `after`, or after `timeout_s` seconds as it is."""
        with self._changed:
            self._changed.wait_for(lambda: self.seq > after or self._ended, timeout_s)
            seq, stopping, servers = self.seq, self._stopping, list(self._servers.values())
            removed = {name: receipt.to_json() for name, receipt in self._removed.items()}
            revision = self.revision
        statuses = [server.status() for server in servers]
        return {
            "seq": seq,
            "revision": revision,
            "pending": stopping > 0 or any(status.state == "starting" for status in statuses),
            "servers": [status.to_json() for status in statuses],
            "removed": removed,
        }

    def stop(self) -> Receipt:
        """Stop every server side by side, then whatever carries the session's label, and remove files with secrets."""
        with self._apply_lock, self._changed:
            self._ended = True
            servers, self._servers = self._servers, {}
            going = list(self._gone.values())
            self._changed.notify_all()
        receipts: list[Receipt] = []
        threads = [threading.Thread(target=lambda s=s: receipts.append(s.stop())) for s in servers.values()]
        for thread in threads:
            thread.start()
        for thread in [*threads, *going]:
            thread.join(10.0)
        total = sum(receipts, Receipt())
        strays = spawn.stop_strays(self._settings.session_id)
        paths = [server.spec.bearer_file for server in servers.values()]
        paths += [self._folder.own(name) for name in ("servers.json", "endpoint.json", "gateway.json")]
        files = sum(self._folder.remove_inside(path) for path in paths)
        # Left over is what runs now: the strays' count was made last and includes every labelled process.
        stopped = total.processes_stopped + total.left_over + strays.processes_stopped - strays.left_over
        return Receipt(processes_stopped=max(0, stopped), files_removed=files, left_over=strays.left_over)

    def _new(self, spec: ServerSpec) -> Server:
        return Server(spec, self._connect, self._tick)

    def _connect(self, spec: ServerSpec) -> Upstream:
        if spec.kind != "remote":
            return ChildUpstream(spec, self._settings.session_id, line_limit(self._settings.output_max_bytes))
        door = Door(self._settings.outbound_allow)
        if spec.transport == "sse":
            return SseUpstream(spec, door, line_limit(self._settings.output_max_bytes))
        return RemoteUpstream(spec, door, line_limit(self._settings.output_max_bytes))

    def _replace(self, name: str, old: Server | None, new: Server | None, files: int) -> None:
        """In the background, one after the other for one name: stop the old one, then start the new one."""
        before = self._gone.get(name)
        thread = threading.Thread(target=self._replace_now, args=(name, old, new, files, before), daemon=True)
        self._gone[name] = thread
        thread.start()

    def _replace_now(
        self, name: str, old: Server | None, new: Server | None, files: int, before: threading.Thread | None
    ) -> None:
        if before is not None:
            before.join()
        if old is not None:
            receipt = old.stop() + Receipt(files_removed=files)
            log(f"{name}: stopped, {receipt.processes_stopped} processes, {receipt.left_over} left")
            with self._changed:
                self._stopping -= 1
                if new is None:
                    self._removed[name] = receipt
                    while len(self._removed) > _REMOVED_KEPT:
                        self._removed.pop(next(iter(self._removed)))
        if new is not None and not self._ended:
            new.start()
        self._tick()

    def _tick(self) -> None:
        with self._changed:
            self.seq += 1
            self._changed.notify_all()
