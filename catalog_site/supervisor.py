"""Keeps the console's own programs running for `manage.py up`: starts them, starts them again, stops them.

Security duty: every program gets its secrets by environment or 0600 file, never by argument vector, and dies with
this process (parent-death signal), so that a killed console leaves nothing behind.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from foundation import processes

if TYPE_CHECKING:
    import subprocess

RESTART_DELAYS_S = (0.5, 1.0, 2.0, 5.0, 10.0)
STABLE_AFTER_S = 60.0
_TAIL_BYTES = 4000


@dataclass
class Program:
    """One program to keep running; its output goes to `log`."""

    name: str
    argv: list[str]
    env: dict[str, str]
    cwd: Path
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    restart_at: float = 0.0
    failures: int = 0

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = processes.start(
                self.argv,
                env=self.env,
                cwd=str(self.cwd),
                stdin=processes.DEVNULL,
                stdout=output.fileno(),
                stderr=output.fileno(),
                die_with_parent=True,
            )
        self.started_at = time.monotonic()

    def tail(self) -> str:
        """Return the last lines of the program's log."""
        with self.log.open("rb") as stream:
            stream.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            return "\n".join(stream.read().decode("utf-8", "replace").splitlines()[-12:])


@dataclass
class Supervisor:
    """The programs, in the order of their start. `say` gets one line for a person."""

    say: Callable[[str], None]
    programs: list[Program] = field(default_factory=list)

    def add(self, program: Program) -> None:
        program.start()
        self.programs.append(program)

    def tend(self) -> None:
        """Start again what has died, after a delay that grows with each failure. Called every moment."""
        now = time.monotonic()
        for program in self.programs:
            process = program.process
            if process is not None and process.poll() is None:
                if program.failures and now - program.started_at > STABLE_AFTER_S:
                    program.failures = 0
            elif process is not None:
                delay = RESTART_DELAYS_S[min(program.failures, len(RESTART_DELAYS_S) - 1)]
                program.failures += 1
                program.process, program.restart_at = None, now + delay
                self.say(f"{program.name} stopped with code {process.returncode}; starting it again in {delay:g} s")
                self.say(program.tail())
            elif now >= program.restart_at:
                program.start()

    def stop(self, names: set[str], grace_s: float) -> None:
        """Ask the named programs to stop, all at once, and end those that do not within `grace_s` seconds."""
        running = [p.process for p in self.programs if p.name in names and p.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + grace_s
        for process in running:
            try:
                process.wait(max(0.05, deadline - time.monotonic()))
            except processes.TimeoutExpired:
                identity = processes.identify(process.pid)
                if identity is not None:
                    processes.stop_tree(identity, grace_s=0)
                process.wait()
        for program in self.programs:
            if program.name in names:
                program.process = None
        self.programs = [p for p in self.programs if p.name not in names]
