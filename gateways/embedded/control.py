"""The console's side door: apply what is wanted, watch what becomes of it, stop everything."""

import threading
from collections.abc import Callable
from urllib.parse import parse_qs

from gateways.embedded.exchange import Exchange
from gateways.embedded.fleet import Fleet
from gateways.embedded.jsonrpc import parse
from gateways.embedded.limits import STATE_POLLS_MAX, STATE_WAIT_MAX_S
from gateways.embedded.log import log
from gateways.embedded.router import Router


class Control:
    """`/healthcheck` and `/control/…`. `leave` ends the program after the answer to a stop."""

    def __init__(self, fleet: Fleet, leave: Callable[[], None]) -> None:
        self._fleet = fleet
        self._leave = leave
        self._polls = threading.BoundedSemaphore(STATE_POLLS_MAX)

    def mount(self, router: Router) -> None:
        router.add("GET", "/healthcheck", lambda exchange: exchange.json(200, {"ok": True}))
        router.add("POST", "/control/apply", self.apply)
        router.add("POST", "/control/restart", self.restart)
        router.add("GET", "/control/state", self.state)
        router.add("POST", "/control/stop", self.stop)

    def apply(self, exchange: Exchange) -> None:
        try:
            revision = self._fleet.apply()
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            log(f"servers.json could not be read: {type(wrong).__name__}")
            exchange.json(422, {"error": "servers.json is not as agreed."})
            return
        exchange.json(202, {"revision": revision})

    def restart(self, exchange: Exchange) -> None:
        try:
            name = str(parse(exchange.body)["name"])
        except (ValueError, KeyError, TypeError):
            exchange.json(422, {"error": "The name of a server is missing."})
            return
        if self._fleet.restart(name):
            exchange.json(202, {"name": name})
        else:
            exchange.json(404, {"error": "There is no server of that name."})

    def state(self, exchange: Exchange) -> None:
        query = parse_qs(exchange.query)
        try:
            after = int(query.get("after", ["-1"])[0])
            wait_s = min(max(float(query.get("wait_s", ["0"])[0]), 0.0), STATE_WAIT_MAX_S)
        except ValueError:
            exchange.json(422, {"error": "after and wait_s are numbers."})
            return
        if not self._polls.acquire(blocking=False):
            exchange.json(503, {"error": "Too many are watching."}, [("Retry-After", "1")])
            return
        try:
            state = self._fleet.wait_for_change(after, wait_s)
        finally:
            self._polls.release()
        exchange.json(200, state)

    def stop(self, exchange: Exchange) -> None:
        try:
            receipt = self._fleet.stop()
            exchange.json(
                200,
                {
                    "processes_stopped": receipt.processes_stopped,
                    "files_removed": receipt.files_removed,
                    "left_over": receipt.left_over,
                },
                [("Connection", "close")],
            )
        finally:
            self._leave()
