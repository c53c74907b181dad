"""What `manage.py doctor` looks at: each finding with what it means and how to mend it."""

import io
import os
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from uv import find_uv_bin

from foundation.errors import ConsoleError
from gateways import selectors as gateways
from gateways.errors import RuntimeUnavailable
from vault import services as vault


@dataclass(frozen=True)
class Finding:
    """`level` is "ok", "note" (works without, something is missing) or "bad" (must be mended)."""

    level: str
    subject: str
    text: str
    fix: str = ""


def findings() -> Iterator[Finding]:
    for look in LOOKS:
        yield look()


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("ok", "Python", version)


def data_folder() -> Finding:
    folder = settings.CONSOLE_DATA_DIR
    if not os.access(folder, os.W_OK):
        return Finding("bad", "Data folder", f"{folder} cannot be written.", "Give it to the user the console runs as.")
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Finding("bad", "Data folder", f"{folder} can be read by others.", f"chmod 700 {folder}")
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < 500:
        return Finding("bad", "Data folder", f"Only {free_mb} MB are free.", "Make room: package servers need it.")
    return Finding("ok", "Data folder", f"{folder}, {free_mb // 1000} GB free")


def configuration() -> Finding:
    try:
        call_command("check", verbosity=0, stdout=io.StringIO())
    except SystemCheckError as error:
        return Finding("bad", "Settings", str(error), "Correct the settings named above.")
    return Finding("ok", "Settings", "consistent")


def database() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Finding("bad", "Database", str(error), "Correct DATABASE_URL, or start the database.")
    if waiting:
        return Finding("bad", "Database", f"{len(waiting)} migrations wait.", "manage.py migrate (make run does it)")
    return Finding("ok", "Database", connection.vendor)


def vault_keys() -> Finding:
    try:
        vault.verify_keys(remember=False)
    except ConsoleError as error:
        return Finding("bad", "Vault", str(error.detail), str(next(iter(error.retry_steps), "")))
    except ValueError as error:  # a malformed ring; its text holds nothing of a key
        return Finding("bad", "Vault", str(error), "VAULT_KEYS is id:base64 of 32 bytes, separated by commas.")
    except DatabaseError:
        return Finding("note", "Vault", "its keys could not be checked without the database")
    return Finding("ok", "Vault", "its keys open what is stored")


def port() -> Finding:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.BIND, settings.BIND)  # noqa: S104  (compared, not bound)
    try:
        socket.create_connection((host, settings.PORT), timeout=1).close()
    except (OSError, OverflowError):
        return Finding("ok", "Port", f"{settings.BIND}:{settings.PORT} is free")
    fix = "That is right while the console runs; otherwise choose another PORT."
    return Finding("note", "Port", f"{settings.BIND}:{settings.PORT} is answered.", fix)


def uv() -> Finding:
    try:
        return Finding("ok", "Python packages", find_uv_bin())
    except FileNotFoundError:
        return Finding("bad", "Python packages", "uv is not there.", "make setup installs it.")


def node() -> Finding:
    found = shutil.which("npx") or shutil.which("npx", path=os.path.dirname(sys.executable))
    if found:
        return Finding("ok", "npm packages", found)
    fix = "Install Node.js, or: .venv/bin/pip install -r requirements-node.txt"
    return Finding("note", "npm packages", "npx is not there; npm servers cannot start.", fix)


def package_isolation() -> Finding:
    reason = gateways.isolation_missing()
    if reason is None:
        return Finding("ok", "Isolation", "package servers run in bubblewrap")
    fix = "Install bubblewrap (Debian: apt install bubblewrap) and let it use user namespaces."
    return Finding("note", "Isolation", reason, fix)


def images() -> Finding:
    reason = gateways.image_support()
    if reason is None:
        return Finding("ok", "Container images", "an engine answers")
    return Finding("note", "Container images", reason, " ".join(map(str, RuntimeUnavailable.steps)))


LOOKS: tuple[Callable[[], Finding], ...] = (
    python,
    data_folder,
    configuration,
    database,
    vault_keys,
    port,
    uv,
    node,
    package_isolation,
    images,
)
