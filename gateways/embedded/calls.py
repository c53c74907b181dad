"""One request on its way: its deadline, its progress, and how it ends early (MCP utilities: progress, cancellation)."""

import threading
import time
from collections import deque
from collections.abc import Callable

from gateways.embedded.jsonrpc import STOPPED, Message, RpcFailure, failure
from gateways.embedded.limits import CALL_TIMEOUT_S, PROGRESS_QUEUED_MAX

GONE_CHECK_S = 0.5


class Call:
    """A request that waits for its answer.

    `listener` gets each progress notification's params in the waiting thread; `gone` tells, when asked now and then,
    that the caller hung up. `cancel` may be called from any thread.
    """

    def __init__(
        self,
        timeout_s: float = CALL_TIMEOUT_S,
        listener: Callable[[Message], None] | None = None,
        gone: Callable[[], bool] | None = None,
    ) -> None:
        self.deadline = time.monotonic() + timeout_s
        self.listener = listener
        self._gone = gone
        self._ready = threading.Condition(threading.Lock())
        self._progress: deque[Message] = deque(maxlen=PROGRESS_QUEUED_MAX)
        self._answer: Message | RpcFailure | None = None
        self._abort: Callable[[], None] | None = None

    @property
    def left_s(self) -> float:
        """Seconds until the deadline, 0 when it is past."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def ended(self) -> bool:
        return self._answer is not None

    def answer(self, answer: "Message | RpcFailure") -> None:
        """Give the answer (a JSON-RPC response or a failure). Only the first one counts."""
        with self._ready:
            if self._answer is None:
                self._answer = answer
                self._ready.notify_all()

    def progress(self, params: Message) -> None:
        if self.listener is not None:
            with self._ready:
                self._progress.append(params)
                self._ready.notify_all()

    def cancel(self) -> None:
        """End the call with `exec.cancelled`; what it waits on is torn down where it can be."""
        self.answer(cancelled())
        with self._ready:
            abort = self._abort
        if abort is not None:
            abort()

    def on_cancel(self, abort: Callable[[], None] | None) -> None:
        """Name what `cancel` tears down (a connection); None when that is over."""
        with self._ready:
            self._abort = abort
        if abort is not None and self.ended:
            abort()

    def check(self) -> None:
        """Raise what ended this call early. Raises RpcFailure."""
        if isinstance(self._answer, RpcFailure):
            raise self._answer

    def wait(self) -> Message:
        """Return the response. Raises RpcFailure: cancelled, timed out, or what the server's end became."""
        while True:
            waiting_progress: list[Message] = []
            with self._ready:
                if self._answer is None and not self._progress:
                    pause = self.left_s if self._gone is None else min(self.left_s, GONE_CHECK_S)
                    self._ready.wait(pause)
                while self._progress:
                    waiting_progress.append(self._progress.popleft())
                answer = self._answer
            for params in waiting_progress:
                if self.listener is not None:
                    self.listener(params)
            if isinstance(answer, RpcFailure):
                raise answer
            if answer is not None:
                return answer
            if not self.left_s:
                raise timed_out()
            if self._gone is not None and self._gone():
                raise cancelled()


def timed_out() -> RpcFailure:
    return failure("exec.timeout", "timed out", STOPPED)


def cancelled() -> RpcFailure:
    return failure("exec.cancelled", "cancelled", STOPPED)
