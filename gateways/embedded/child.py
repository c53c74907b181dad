"""A server that runs as a child process and speaks MCP over its pipes (MCP 2025-11-25, stdio transport).

Security duty: everything it prints is bounded, masked and redacted; it gets only its own environment; what it
ignores ends with its whole family killed.
"""

import os
import select
import subprocess
import threading
import time
from collections import deque

from gateways.embedded import spawn
from gateways.embedded.failures import reason_of
from gateways.embedded.jsonrpc import Message, encode, failure, parse
from gateways.embedded.limits import (
    DETAIL_MAX_CHARS,
    LINE_KILL_BYTES,
    PROGRESS_MAX_CHARS,
    RUBBISH_LINES_MAX,
    STDERR_LINE_MAX_BYTES,
    STDERR_LINES_KEPT,
    TERM_GRACE_S,
)
from gateways.embedded.lines import Endless, TooLong, read_lines
from gateways.embedded.log import log
from gateways.embedded.piped import PipedUpstream
from gateways.embedded.upstream import StartFailed
from gateways.specs import Receipt, ServerSpec

_SEND_TIMEOUT_S = 30.0
_LAST_WORDS_S = 1.0


class ChildUpstream(PipedUpstream):
    """One child process. Two threads read it: stdout for messages, stderr for its words."""

    def __init__(self, spec: ServerSpec, session_id: str, line_limit: int) -> None:
        super().__init__(spec)
        self._session_id = session_id
        self._line_limit = line_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._send_lock = threading.Lock()
        self._words: deque[str] = deque(maxlen=STDERR_LINES_KEPT)
        self._closed = threading.Event()
        self._over = threading.Event()  # closed, or retired
        self._stop_lock = threading.Lock()
        self._receipt: Receipt | None = None
        self._rubbish = 0
        self._valid = 0
        self.bad_output = False
        self._stderr_reader = threading.Thread(target=self._read_stderr, daemon=True)

    def open(self) -> None:
        try:
            self._process = spawn.spawn(self.spec, self._session_id)
        except (OSError, ValueError) as refused:
            detail = self.masker.shown(f"{self.spec.argv[0] if self.spec.argv else ''}: {refused}")
            raise StartFailed("server.command_missing", detail) from refused
        self.pid = self._process.pid
        assert self._process.stdin is not None  # noqa: S101 - asked for in spawn
        os.set_blocking(self._process.stdin.fileno(), False)
        self._stderr_reader.start()
        threading.Thread(target=self._read_stdout, daemon=True).start()

    def send(self, message: Message) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise BrokenPipeError
        left = memoryview(encode(message) + b"\n")
        deadline = time.monotonic() + _SEND_TIMEOUT_S
        with self._send_lock:
            if process.stdin.closed:
                raise BrokenPipeError
            fd = process.stdin.fileno()
            while left:
                try:
                    left = left[os.write(fd, left) :]
                except BlockingIOError:
                    if not select.select([], [fd], [], min(1.0, max(0.0, deadline - time.monotonic())))[1]:
                        self._check_still_read(deadline)

    def wait_closed(self) -> None:
        self._over.wait()

    def end_detail(self) -> str:
        code = self.exit_code
        ended = "" if code is None else f"exit code {code}"
        return "\n".join(filter(None, [ended, *self._words]))[-DETAIL_MAX_CHARS:]

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def start_failure(self) -> StartFailed:
        """Return why the child did not come up, from what it printed and how it ended."""
        if self.bad_output:
            return StartFailed("server.bad_output", self.end_detail())
        return StartFailed(reason_of(self.exit_code, list(self._words)), self.end_detail())

    def retire(self) -> None:
        with self._lock:
            if self.retired:
                return
            self.retired = True
        log(f"{self.spec.name}: replaced, it did not heed a cancellation")
        self._over.set()

    def close(self, grace_s: float = TERM_GRACE_S) -> Receipt:
        with self._stop_lock:
            if self._receipt is None and self._process is not None:
                self._receipt = spawn.stop(self._process, grace_s)
            self._finish()
            return self._receipt or Receipt()

    def _check_still_read(self, deadline: float) -> None:
        if time.monotonic() >= deadline or self._closed.is_set():
            # Half a line may be in the pipe: nothing sent later could be understood.
            threading.Thread(target=self.close, args=(0.0,), daemon=True).start()
            raise BrokenPipeError

    def _read_stdout(self) -> None:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018 - set in open
        try:
            for line in read_lines(self._process.stdout.fileno(), self._line_limit, LINE_KILL_BYTES):
                self._take(line)
                if self.bad_output:
                    break
        except Endless:
            self._words.append("[it printed without end on its standard output]")
            self.refuse(None, failure("exec.output.too_large", "The server printed too much."))
        except (OSError, ValueError) as broken:
            log(f"{self.spec.name}: its output could not be read: {broken}")
        self._ended()
        self._process.stdout.close()

    def _take(self, line: bytes | TooLong) -> None:
        if isinstance(line, TooLong):
            self.refuse(line.request_id, failure("exec.output.too_large", "The answer was too large."))
            return
        if not line.strip():
            return
        try:
            message = parse(line)
            if not isinstance(message, dict):
                raise ValueError("not an object")
        except ValueError:
            self._rubbish += 1
            if self._rubbish <= 3:
                shown = self.masker.shown(line[:STDERR_LINE_MAX_BYTES].decode("utf-8", "replace"))
                self._words.append(f"[on standard output, not JSON] {shown[:300]}")
            self.bad_output = not self._valid and self._rubbish >= RUBBISH_LINES_MAX
            return
        self._valid += 1
        try:
            self.receive(message)
        except Exception as broken:
            log(f"{self.spec.name}: a message could not be handled: {type(broken).__name__}")

    def _ended(self) -> None:
        """Its output is over: end the family, keep its last words, tell everybody who waits."""
        with self._stop_lock:
            if self._receipt is None and self._process is not None:
                try:
                    self._process.wait(0.5)  # let a child that is going tell its own exit code
                except subprocess.TimeoutExpired:
                    log(f"{self.spec.name}: closed its output without ending")
                self._receipt = spawn.stop(self._process, 0.5)
        self._stderr_reader.join(_LAST_WORDS_S)
        if not self._valid and self._rubbish:
            self.bad_output = True
        self._finish()

    def _finish(self) -> None:
        self.lost(failure("server.crashed", "The server's process ended.", detail=self.end_detail()))
        self._closed.set()
        self._over.set()
        process = self._process
        if process is not None:
            with self._send_lock:
                if process.stdin is not None:
                    process.stdin.close()

    def _read_stderr(self) -> None:
        assert self._process is not None and self._process.stderr is not None  # noqa: S101, PT018 - set in open
        fd = self._process.stderr.fileno()
        try:
            for line in read_lines(fd, STDERR_LINE_MAX_BYTES, 1 << 62):
                if isinstance(line, TooLong):
                    self._heard("[a line of its error output was too long]")
                else:
                    self._heard(line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2])
        except (OSError, ValueError) as broken:
            log(f"{self.spec.name}: its error output could not be read: {broken}")
        finally:
            self._process.stderr.close()

    def _heard(self, line: str) -> None:
        shown = self.masker.shown(line).strip()
        if shown:
            self._words.append(shown)
            self.on_progress(shown[:PROGRESS_MAX_CHARS])
