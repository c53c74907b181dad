"""A real console for the end-to-end tests: `make run` in its own process group, on its own port and data folder."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
READY = "Ctrl-C stops everything"  # the last line of the greeting


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copy_checkout(target: Path) -> Path:
    """Copy what a clone of this tree as it stands would hold: tracked files, and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@dataclass
class RunningConsole:
    """What `make run` (or `manage.py up`) printed, and its processes as seen from outside."""

    root: Path
    data: Path
    port: int
    env: dict[str, str] = field(default_factory=dict)
    argv: list[str] = field(default_factory=lambda: ["make", "--no-print-directory", "run"])
    process: "subprocess.Popen[str] | None" = None
    lines: list[str] = field(default_factory=list)
    seconds_to_start: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def setup_link(self) -> str:
        return next(found[0] for line in self.lines if (found := re.findall(r"http://\S+/setup/\S+", line)))

    def start(self, timeout_s: float = 60.0) -> "RunningConsole":
        """Start and wait for the line that says where it runs. Raises AssertionError with what was printed."""
        began = time.monotonic()
        ready = threading.Event()
        self.process = subprocess.Popen(
            self.argv,
            cwd=self.root,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_signals_as_in_a_terminal,
        )
        threading.Thread(target=self._read, args=(ready,), daemon=True).start()
        ready.wait(timeout_s)
        if not any(READY in line for line in self.lines):
            self.kill()
            raise AssertionError("the console did not start:\n" + "\n".join(self.lines))
        self.seconds_to_start = time.monotonic() - began
        return self

    def _environment(self) -> dict[str, str]:
        """Return the environment of the console and of its commands: nothing of the suite's own settings."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "CONSOLE_", "MAKE", "MFLAGS"))}
        env |= {"CONSOLE_DATA_DIR": str(self.data), "PORT": str(self.port), "REDIS_URL": "", **self.env}
        if not env["REDIS_URL"]:
            del env["REDIS_URL"]
        return env

    def _read(self, ready: threading.Event) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip())
                if READY in line:
                    ready.set()
        ready.set()

    def processes(self) -> list[psutil.Process]:
        """Every process whose environment names this data folder: the console's own, and those of its gateways."""
        found = []
        for process in psutil.process_iter():
            try:
                environment = process.environ()
            except (psutil.Error, OSError):
                continue
            told = environment.get("CONSOLE_DATA_DIR") == str(self.data)
            if told or str(self.data) in " ".join([environment.get("HOME", ""), environment.get("TMPDIR", "")]):
                found.append(process)
        known = {process.pid for process in found}
        for process in list(found):
            try:
                found += [child for child in process.children(recursive=True) if child.pid not in known]
            except psutil.Error:
                continue
        return [process for process in set(found) if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]

    def signal_group(self, number: int) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def stop(self, number: int = signal.SIGTERM, timeout_s: float = 30.0) -> int:
        """Signal the group as a terminal does, wait, and return the exit code."""
        assert self.process is not None
        self.signal_group(number)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                self.signal_group(signal.SIGKILL)
            self.process.wait(10)
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a command of `manage.py` beside the running console and return what it printed."""
        result = subprocess.run(
            [
                str(self.root / ".venv/bin/python") if (self.root / ".venv").exists() else sys.executable,
                "manage.py",
                *arguments,
            ],
            cwd=self.root,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout


@contextmanager
def running_console(root: Path, data: Path, **options: object) -> Iterator[RunningConsole]:
    console = RunningConsole(root=root, data=data, port=free_port(), **options)  # type: ignore[arg-type]
    try:
        yield console.start(timeout_s=300.0)
    finally:
        console.kill()


def _signals_as_in_a_terminal() -> None:
    """Undo what a suite under `nohup` or in a shell's background hands down: ignored signals stay ignored."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
