"""Backup and restore: one archive with every row and the keys, readable on either database.

Security duty: the archive holds the vault's keys beside what they open; it is written with mode 0600 and must be kept
like a password. A restore is all or nothing, and only keys that open the rows are taken.
"""

import fcntl
import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction

from foundation.errors import ConsoleError
from gateways.models import Gateway, GatewayState
from people.models import User
from vault import services as vault

FORMAT = "mcp-console-backup-1"
SKIPPED = {"sessions.session", "contenttypes.contenttype", "auth.permission", "admin.logentry"}
# One snapshot of everything, while others go on writing; Django's own transactions would lock SQLite.
_SNAPSHOT = {"sqlite": "BEGIN DEFERRED", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


def backup(file: Path) -> int:
    """Write all rows and the keys of the data folder to `file` (gzip tar, mode 0600); return the number of rows.

    Keys that come from the environment are not in it. Raises OSError, such as FileExistsError; nothing is left then.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with (
            os.fdopen(descriptor, "wb") as stream,
            tempfile.TemporaryFile(dir=file.parent) as rows,
            tarfile.open(fileobj=stream, mode="w:gz") as archive,
        ):
            number = _write_rows(rows)
            _add(archive, "format", io.BytesIO(FORMAT.encode()))
            _add(archive, "rows.jsonl", rows)
            for name, path in _key_files().items():
                if path.exists():
                    _add(archive, f"keys/{name}", io.BytesIO(path.read_bytes()))
    except BaseException:
        file.unlink()
        raise
    return number


def restore(file: Path) -> int:
    """Fill an installation without people from `file`; return the number of rows.

    What a first start leaves there (the catalogue, a key, a set-up link) gives way. Raises CommandError when there are
    people, the console runs, or the archive does not fit; everything is then as it was.
    """
    try:
        with tarfile.open(file) as archive, _console_stopped():
            if _member(archive, "format").read() != FORMAT.encode():
                raise CommandError(f"{file} is not a backup of this console.")
            call_command("migrate", interactive=False, verbosity=0)
            if User.objects.exists():
                raise CommandError("This installation already has people in it; restore needs an empty data folder.")
            with _keys_of(archive), transaction.atomic():
                number = _read_rows(_member(archive, "rows.jsonl"))
                vault.verify_sealed()
            return number
    except (tarfile.TarError, EOFError, zlib.error, serializers.base.DeserializationError) as error:
        raise CommandError(f"{file} is not a whole backup of this version ({type(error).__name__}).") from error
    except ConsoleError as error:
        raise CommandError(f"{error.detail} {' '.join(map(str, error.retry_steps))}") from error


def _chosen() -> list[type[models.Model]]:
    ordered = serializers.sort_dependencies([(config, None) for config in apps.get_app_configs()], True)
    return [model for model in ordered if model._meta.label_lower not in SKIPPED and not model._meta.proxy]


def _key_files() -> dict[str, Path]:
    """Return where the keys of this installation lie; a vault whose keys come from the environment has no file."""
    files = {"signing": Path(settings.CONSOLE_DATA_DIR) / "keys" / "signing"}
    return files if settings.VAULT_KEYS_FILE is None else {**files, "vault": settings.VAULT_KEYS_FILE}


@contextmanager
def _snapshot() -> Iterator[None]:
    if connection.in_atomic_block:  # the caller has one already
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT[connection.vendor])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def _write_rows(target: IO[bytes]) -> int:
    number = 0
    text = io.TextIOWrapper(target, "utf-8", newline="\n")
    with _snapshot():
        for model in _chosen():
            rows: models.QuerySet[Any] = models.QuerySet(model)
            number += rows.count()
            serializers.serialize("jsonl", rows.order_by("pk").iterator(chunk_size=100), stream=text)
    text.detach()
    return number


def _read_rows(source: IO[bytes]) -> int:
    """Replace what is there by the rows of a backup. Gateways are told as they are now: without a process."""
    for model in reversed(_chosen()):
        empty: models.QuerySet[Any] = models.QuerySet(model)  # the models' own may refuse, as the audit log does
        empty.delete()
    number = 0
    lines = io.TextIOWrapper(source, "utf-8", newline="\n")  # a text may hold other marks that end a line elsewhere
    for row in serializers.deserialize("jsonl", lines):
        row.save()
        number += 1
    here = {"node": settings.NODE_NAME, "address": settings.NODE_ADDRESS, "state": GatewayState.STOPPED}
    none = {"pid": None, "process_started": None, "port": None, "bearer_sealed": None, "mcp_session_id": ""}
    Gateway.objects.update(**here, **none)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)
    return number


@contextmanager
def _keys_of(archive: tarfile.TarFile) -> Iterator[None]:
    """Put the archive's keys in place; put those of before back when what follows fails."""
    before: dict[Path, bytes | None] = {}
    try:
        for name, path in _key_files().items():
            if f"keys/{name}" in archive.getnames():
                before[path] = path.read_bytes() if path.exists() else None
                _write_private(path, _member(archive, f"keys/{name}").read())
        yield
    except BaseException:
        for path, content in before.items():
            if content is not None:
                _write_private(path, content)
        raise


@contextmanager
def _console_stopped() -> Iterator[None]:
    """Hold the lock that a running console holds. Raises CommandError."""
    settings.RUN_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.RUN_DIR / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("The console is running on this data folder; stop it first.") from None
        yield


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = content.seek(0, os.SEEK_END), 0o600
    content.seek(0)
    archive.addfile(info, content)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        member = archive.extractfile(name)
    except KeyError:
        member = None
    if member is None:
        raise CommandError(f"The backup lacks {name}.")
    return member


def _write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
    draft.replace(path)
