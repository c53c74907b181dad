"""A wrong vault key is told by `manage.py check` and at the start of every process, which then does not run."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.processes import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
OTHER = "other:" + base64.b64encode(b"k" * 32).decode()
TOLD = "does not hold the key"


def run(data: Path, *command: str, **given: str) -> "subprocess.CompletedProcess[str]":
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env |= {"CONSOLE_DATA_DIR": str(data), "LANGUAGE_CODE": "en", "REDIS_URL": "", "PORT": str(free_port()), **given}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose database was sealed with its own key."""
    folder = tmp_path_factory.mktemp("data")
    run(folder, "manage.py", "migrate", "--verbosity", "0").check_returncode()
    run(folder, "manage.py", "shell", "-c", "from vault.services import verify_keys; verify_keys()").check_returncode()
    run(folder, "manage.py", "check").check_returncode()
    return folder


PROCESSES = {
    "check": ("manage.py", "check"),
    "up": ("manage.py", "up"),
    "worker": ("-m", "celery", "-A", "catalog_site", "worker", "--pool", "threads", "--loglevel", "WARNING"),
    "beat": ("-m", "celery", "-A", "catalog_site", "beat", "--loglevel", "WARNING", "--schedule", "SCHEDULE"),
    "web": ("-c", "import catalog_site.wsgi"),
    "doctor": ("manage.py", "doctor"),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_it_refuses_to_run_with_another_key(data: Path, name: str) -> None:
    command = [str(data / "schedule") if part == "SCHEDULE" else part for part in PROCESSES[name]]
    done = run(data, *command, VAULT_KEYS=OTHER)
    assert done.returncode != 0
    assert TOLD in done.stdout + done.stderr
    assert OTHER.partition(":")[2] not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["check", "up", "web", "doctor"])
def test_it_refuses_to_run_with_a_ring_that_cannot_be_read(data: Path, name: str) -> None:
    done = run(data, *PROCESSES[name], VAULT_KEYS="canary-not-a-key")
    assert done.returncode != 0
    assert "each key is" in done.stdout + done.stderr or "base64" in done.stdout + done.stderr
    assert "canary" not in done.stdout + done.stderr
