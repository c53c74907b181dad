"""What every process of the console does first: check the vault's keys, and follow its supervisor into the grave."""

import os
import signal

from foundation import processes
from vault import services as vault


def process_started() -> None:
    """Called once in a web, worker or beat process. Raises where the vault's keys are not those of the database."""
    if os.environ.get("CONSOLE_SUPERVISED"):
        processes.die_with_parent(signal.SIGKILL)
    vault.verify_keys()
