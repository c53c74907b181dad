"""Puts the gateway together and runs it until it is told to stop."""

import os
import signal
import threading

from gateways.embedded.control import Control
from gateways.embedded.fleet import Fleet
from gateways.embedded.listener import Listener
from gateways.embedded.log import keep_older_as, log
from gateways.embedded.mcp_endpoint import McpEndpoint
from gateways.embedded.methods import Methods
from gateways.embedded.router import Router
from gateways.embedded.settings import Folder

_STACK_BYTES = 512 * 1024
_ANSWERED = b"\xff"  # told to leave by a request; a signal wakes with its number


def run(directory: str) -> int:
    """Serve the session in `directory` until SIGTERM, SIGINT or `/control/stop`; return the exit code."""
    os.umask(0o077)
    threading.stack_size(_STACK_BYTES)
    folder = Folder(directory)
    keep_older_as(folder.own("gateway.log.1"))
    try:
        settings = folder.settings()
        fleet = Fleet(folder, settings)
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        log(f"gateway.json is not as agreed: {type(wrong).__name__}")
        return 2
    woken, wake = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    # The kernel may hand the signal to any thread, where Python's own handlers never run: the C one writes instead.
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    router = Router(settings.bearer)
    try:
        listener = Listener(settings.host, settings.port, router)
    except OSError as taken:
        log(f"cannot listen: {taken}")
        return 3
    router.accept_hosts({f"{name}:{listener.port}" for name in (settings.host, "127.0.0.1", "localhost")})
    endpoint = McpEndpoint(Methods(fleet))
    endpoint.mount(router)
    Control(fleet, lambda: _leave(wake)).mount(router)
    try:
        revision = fleet.apply()
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        log(f"servers.json is not as agreed: {type(wrong).__name__}")
        return 2
    listener.start()
    folder.write_endpoint(listener.port, revision)
    log(f"listening on port {listener.port}")

    said = os.read(woken, 1)
    endpoint.close()
    if said != _ANSWERED:
        receipt = fleet.stop()
        log(f"stopped: {receipt.processes_stopped} processes, {receipt.left_over} left over")
    listener.close()
    return 0


def _leave(wake: int) -> None:
    os.write(wake, _ANSWERED)
