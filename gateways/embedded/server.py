"""One server of the session through its life: starting, ready, failed; restarted with a back-off when it crashes."""

import threading
import time
from collections.abc import Callable

from gateways.embedded.child import ChildUpstream
from gateways.embedded.jsonrpc import RpcFailure
from gateways.embedded.limits import BACK_OFF_S, CRASH_WINDOW_S, CRASHES_MAX
from gateways.embedded.log import log
from gateways.embedded.upstream import StartFailed, Upstream
from gateways.specs import Receipt, ServerSpec, ServerStatus

Factory = Callable[[ServerSpec], Upstream]


class Server:
    """Supervises one `ServerSpec` on a thread of its own. `changed` is called after each change of its status."""

    def __init__(self, spec: ServerSpec, make: Factory, changed: Callable[[], None]) -> None:
        self.spec = spec
        self._make = make
        self._changed = changed
        self._turn = threading.Condition()
        self._upstream: Upstream | None = None
        self._state = "starting"
        self._reason = ""
        self._detail = ""
        self._progress = ""
        self._stopping = threading.Event()
        self._crashes: list[float] = []
        self._thread: threading.Thread | None = None
        self._retired: list[ChildUpstream] = []

    @property
    def state(self) -> str:
        return self._state

    def start(self) -> None:
        """Begin to start, in the background. Does nothing while it already runs."""
        with self._turn:
            if self._stopping.is_set() or (self._thread is not None and self._thread.is_alive()):
                return
            self._crashes.clear()
            self._state, self._reason, self._detail, self._progress = "starting", "", "", ""
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        self._changed()

    def stop(self) -> Receipt:
        """Stop for good and return what was stopped and what is left."""
        self._stopping.set()
        with self._turn:
            upstream, thread = self._upstream, self._thread
            self._turn.notify_all()
        receipt = upstream.close() if upstream is not None else Receipt()
        if thread is not None:
            thread.join(5.0)
        if self._upstream is not upstream and self._upstream is not None:
            receipt += self._upstream.close()  # it was just being started
        for retired in list(self._retired):
            receipt += retired.close(grace_s=0.0)
        return receipt

    def status(self) -> ServerStatus:
        upstream = self._upstream
        ready = self._state == "ready" and upstream is not None
        return ServerStatus(
            name=self.spec.name,
            state=self._state,
            reason_code=self._reason,
            detail=self._detail,
            progress=self._progress if self._state == "starting" else "",
            tools=list(upstream.tools) if ready and upstream is not None else [],
            pid=upstream.pid if upstream is not None and self._state != "failed" else None,
        )

    def when_ready(self, timeout_s: float) -> Upstream | None:
        """Return the connection once it is ready; None when it failed or is still starting after `timeout_s`."""
        with self._turn:
            self._turn.wait_for(lambda: self._state != "starting" or self._stopping.is_set(), timeout_s)
            return self._upstream if self._state == "ready" else None

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and self._one_life():
                pass
        except Exception as broken:
            log(f"{self.spec.name}: supervision failed: {type(broken).__name__}: {broken}")
            self._become("failed", "server.crashed", "The gateway could not supervise this server.")

    def _one_life(self) -> bool:
        """Start it once and stay until it ends. Return whether to start it again."""
        upstream = self._make(self.spec)
        upstream.on_progress = self._say
        upstream.on_tools_changed = self._changed
        with self._turn:
            self._upstream = upstream
        try:
            self._bring_up(upstream)
        except StartFailed as refused:
            upstream.close()
            return self._failed(refused.reason, refused.detail)
        self._become("ready")
        upstream.wait_closed()
        if self._stopping.is_set():
            return False
        if isinstance(upstream, ChildUpstream) and upstream.retired:
            self._become("starting")
            self._see_out(upstream)
            return True
        detail = upstream.end_detail()
        upstream.close()
        log(f"{self.spec.name}: ended while ready")
        return self._crashed(detail)

    def _bring_up(self, upstream: Upstream) -> None:
        upstream.open()
        if self._stopping.is_set():
            raise StartFailed("server.crashed", "stopped while starting")
        try:
            upstream.handshake(self.spec.start_timeout_s)
        except RpcFailure as refused:
            reason = refused.data.get("code") if isinstance(refused.data, dict) else ""
            if isinstance(upstream, ChildUpstream) and reason == "server.crashed":
                upstream.wait_closed()
                raise upstream.start_failure() from refused
            if reason == "exec.timeout":
                raise StartFailed("server.start_timeout", upstream.end_detail()) from refused
            if isinstance(reason, str) and reason.startswith("server."):
                detail = refused.data.get("detail") or refused.message
                raise StartFailed(reason, upstream.masker.shown(str(detail))) from refused
            raise StartFailed("server.bad_output", upstream.masker.shown(refused.message)[:1000]) from refused

    def _see_out(self, upstream: ChildUpstream) -> None:
        """Let the calls in flight finish on a retired process, then end it; its successor starts meanwhile."""
        self._retired.append(upstream)

        def end() -> None:
            upstream.wait_idle()
            upstream.close(grace_s=0.0)
            self._retired.remove(upstream)

        threading.Thread(target=end, daemon=True).start()

    def _failed(self, reason: str, detail: str) -> bool:
        if self._stopping.is_set():
            return False
        if self._crashes:  # it had been ready before: this counts as one more crash
            return self._crashed(detail)
        log(f"{self.spec.name}: did not start: {reason}")
        self._become("failed", reason, detail)
        return False

    def _crashed(self, detail: str) -> bool:
        now = time.monotonic()
        self._crashes = [at for at in self._crashes if now - at < CRASH_WINDOW_S] + [now]
        if len(self._crashes) >= CRASHES_MAX:
            self._become("failed", "server.crashed", detail)
            return False
        self._become("starting", "server.crashed", detail)
        pause = BACK_OFF_S[min(len(self._crashes), len(BACK_OFF_S)) - 1]
        return not self._stopping.wait(pause)

    def _become(self, state: str, reason: str = "", detail: str = "") -> None:
        with self._turn:
            self._state, self._reason, self._detail, self._progress = state, reason, detail, ""
            self._turn.notify_all()
        self._changed()

    def _say(self, line: str) -> None:
        if self._state == "starting" and line != self._progress:
            self._progress = line
            self._changed()
