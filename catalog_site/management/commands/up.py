"""`manage.py up`: the whole console in the foreground, from nothing to a printed link, and back to nothing."""

import fcntl
import os
import signal
import socket
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from catalog_site import parts
from catalog_site.supervisor import Supervisor
from foundation import processes
from foundation.errors import ConsoleError
from foundation.http import LocalEndpoint
from gateways import services as gateways
from people import services as people
from vault import services as vault

READY_WITHIN_S = 60.0
STOP_GRACE_S = 6.0


class Command(BaseCommand):
    help = "Start web, worker, beat and the embedded Valkey in the foreground; Ctrl-C stops all of it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        self._die_with_make()
        self._catch_signals()
        lock = self._claim_data_folder()
        self._require_free_port()
        supervisor = Supervisor(say=self._say)
        try:
            self._migrate()
            self._start(supervisor)
            self._settle()  # while the programs load
            self._greet(supervisor)
            while not self.stopping:
                supervisor.tend()
                time.sleep(0.2)
        finally:
            self._stop(supervisor)
            lock.close()

    # ---- before ---------------------------------------------------------------------------------------------
    def _die_with_make(self) -> None:
        if os.environ.get("MAKELEVEL"):  # a killed `make run` must not leave the console behind
            processes.die_with_parent(signal.SIGTERM)

    def _catch_signals(self) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            self.stopping = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup make run` goes on after a hang-up
                signal.signal(number, stop)

    def _claim_data_folder(self) -> Any:
        settings.RUN_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (settings.RUN_DIR / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"A console is already running on the data folder {settings.CONSOLE_DATA_DIR}."
            ) from None
        return lock

    def _require_free_port(self) -> None:
        family = socket.AF_INET6 if ":" in settings.BIND else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.BIND, settings.PORT))
            except OSError as error:
                raise CommandError(
                    f"Port {settings.PORT} on {settings.BIND} cannot be used ({error.strerror}). "
                    "Stop what holds it, or start with another: PORT=8001 make run"
                ) from None

    def _migrate(self) -> None:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
        vault.verify_keys()
        gateways.stop_all_local()  # a killed console leaves its gateways: nothing of them is taken over
        connections.close_all()

    def _settle(self) -> None:
        try:
            call_command("catalog_sync", stdout=self.stderr, stderr=self.stderr)
        except CommandError as error:  # a source that cannot be read holds nothing else up; it has been named above
            self.stderr.write(str(error))
        gateways.sweep()
        connections.close_all()

    # ---- running --------------------------------------------------------------------------------------------
    def _start(self, supervisor: Supervisor) -> None:
        redis_url = os.environ.get("REDIS_URL", "")
        if not redis_url:
            valkey, redis_url = parts.valkey(settings.RUN_DIR)
            supervisor.add(valkey)
            parts.write_private(settings.RUN_DIR / "redis_url", redis_url + "\n")
        env = parts.environment(redis_url)
        for program in (parts.web(env), parts.worker(env), parts.beat(env)):
            supervisor.add(program)

    def _greet(self, supervisor: Supervisor) -> None:
        host = "127.0.0.1" if settings.BIND in ("0.0.0.0", "::") else settings.BIND  # noqa: S104  (compared, not bound)
        door = LocalEndpoint(host, settings.PORT, bearer="")
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.stopping and not self._answers(door):
            supervisor.tend()
            if time.monotonic() > deadline:
                raise CommandError(f"The web process did not answer within {READY_WITHIN_S:g} s; see its log above.")
            time.sleep(0.05)
        if self.stopping:
            return
        self._say(f"MCP Catalog Console is running at {settings.PUBLIC_BASE_URL}/")
        link = people.setup_link_create()
        if link is not None:
            self._say(f"Make the first administrator: {settings.PUBLIC_BASE_URL}/setup/{link}/")
        self._say(f"Data and logs are in {settings.CONSOLE_DATA_DIR}. Ctrl-C stops everything.")

    def _answers(self, door: LocalEndpoint) -> bool:
        try:
            return door.get("/healthz", timeout_s=1.0).status == 200
        except ConsoleError:
            return False

    # ---- after ----------------------------------------------------------------------------------------------
    def _stop(self, supervisor: Supervisor) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # stopping is under way and will finish
        if supervisor.programs:
            self._say("Stopping…")
        supervisor.stop({"beat"}, grace_s=1.0)
        gateways.stop_all_local()  # first, so that calls under way end instead of being waited for
        supervisor.stop({"web", "worker"}, STOP_GRACE_S)
        gateways.stop_all_local()  # again: the worker may have been starting one
        supervisor.stop({"valkey"}, STOP_GRACE_S)
        for name in ("redis_url", "valkey.conf"):
            (settings.RUN_DIR / name).unlink(missing_ok=True)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
