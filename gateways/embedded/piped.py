"""An upstream whose answers arrive on another path than its requests: a child's pipes, or the legacy SSE stream."""

import threading

from gateways.embedded.calls import Call
from gateways.embedded.jsonrpc import Message, RpcFailure, failure, notification, request
from gateways.embedded.limits import CANCEL_GRACE_S, LIST_TIMEOUT_S
from gateways.embedded.log import log
from gateways.embedded.upstream import TOOLS_CHANGED, Retired, Upstream, answer_to
from gateways.specs import ServerSpec

_EARLY_ENDS = ("exec.timeout", "exec.cancelled")


class PipedUpstream(Upstream):
    """Matches answers to waiting requests by id. Subclasses give `send` and call `receive` and `lost`."""

    def __init__(self, spec: ServerSpec) -> None:
        super().__init__(spec)
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self.retired = False
        self._waiting: dict[int, Call] = {}
        self._abandoned: set[int] = set()
        self._last_id = 0
        self._loss: RpcFailure | None = None

    def send(self, message: Message) -> None:
        """Carry one message to the server. Raises OSError when it is gone."""
        raise NotImplementedError

    def retire(self) -> None:
        """Make a server that does not heed a cancellation go away, once the other calls on it have ended."""
        raise NotImplementedError

    def wait_idle(self) -> None:
        """Return once no request waits here any more: each has its deadline, and a retired server takes no new ones."""
        with self._lock:
            self._idle.wait_for(lambda: not self._waiting)

    def request(self, method: str, params: Message | None, call: Call) -> Message:
        with self._lock:
            if self._loss is not None:
                raise self._loss
            if self.retired:
                raise Retired
            self._last_id += 1
            own_id = self._last_id
            self._waiting[own_id] = call
        if call.listener is not None:
            params = dict(params or {})
            params["_meta"] = {**(params.get("_meta") or {}), "progressToken": own_id}
        try:
            self._send_or_lose(request(own_id, method, params))
            answer = call.wait()
        except RpcFailure as early:
            if isinstance(early.data, dict) and early.data.get("code") in _EARLY_ENDS and method != "initialize":
                self._abandon(own_id, early.message)
            raise
        finally:
            with self._lock:
                self._waiting.pop(own_id, None)
                self._idle.notify_all()
        if "error" in answer:
            raise RpcFailure.from_json(answer["error"])
        found = answer.get("result")
        return found if isinstance(found, dict) else {}

    def notify(self, method: str, params: Message | None = None) -> None:
        self._send_or_lose(notification(method, params))

    def receive(self, message: Message) -> None:
        """Take one parsed message of the server (masked here, once, for everything that follows)."""
        message = self.masker.value(message)
        method = message.get("method")
        if method is None:
            self._answered(message)
        elif "id" in message:
            self._send_or_lose(answer_to(message))
        elif method == "notifications/progress":
            self._progressed(message.get("params"))
        elif method == TOOLS_CHANGED:
            threading.Thread(target=self._list_again, daemon=True).start()

    def refuse(self, own_id: int | None, problem: RpcFailure) -> None:
        """End one waiting request with `problem`; all of them when it is not known which."""
        with self._lock:
            known = own_id in self._waiting
            calls = [self._waiting[own_id]] if known and own_id is not None else list(self._waiting.values())
            if own_id in self._abandoned:
                self._abandoned.discard(own_id)
                return
        for call in calls:
            call.answer(problem)

    def lost(self, problem: RpcFailure) -> None:
        """The server is gone: end every waiting request and refuse new ones."""
        with self._lock:
            if self._loss is None:
                self._loss = problem
            calls = list(self._waiting.values())
            self._abandoned.clear()
        for call in calls:
            call.answer(problem)

    def _send_or_lose(self, message: Message) -> None:
        try:
            self.send(message)
        except OSError:
            if self._loss is not None:
                raise self._loss from None
            raise failure("server.crashed", "The server's process is gone.", detail=self.end_detail()) from None

    def _answered(self, message: Message) -> None:
        own_id = message.get("id")
        with self._lock:
            call = self._waiting.get(own_id) if isinstance(own_id, int) else None
            if isinstance(own_id, int):
                self._abandoned.discard(own_id)
        if call is not None:
            call.answer(message)

    def _progressed(self, params: object) -> None:
        if isinstance(params, dict) and isinstance(params.get("progressToken"), int):
            call = self._waiting.get(params["progressToken"])
            if call is not None:
                call.progress(params)

    def _abandon(self, own_id: int, why: str) -> None:
        with self._lock:
            self._abandoned.add(own_id)
        watch = threading.Timer(CANCEL_GRACE_S, self._still_unanswered, [own_id])
        watch.daemon = True
        watch.start()
        # On its own thread: a child that reads nothing must not hold back the caller's answer.
        threading.Thread(target=self._tell_cancelled, args=({"requestId": own_id, "reason": why},), daemon=True).start()

    def _tell_cancelled(self, params: Message) -> None:
        try:
            self.notify("notifications/cancelled", params)
        except RpcFailure as gone:
            log(f"{self.spec.name}: could not cancel: {gone.message}")

    def _still_unanswered(self, own_id: int) -> None:
        with self._lock:
            ignored = own_id in self._abandoned
        if ignored:
            self.retire()

    def _list_again(self) -> None:
        try:
            self.refresh_tools(LIST_TIMEOUT_S)
        except RpcFailure as refused:
            log(f"{self.spec.name}: its changed tool list could not be read: {refused.message}")
            return
        self.on_tools_changed()
