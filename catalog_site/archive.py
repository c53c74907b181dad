"""Backup and restore: one archive with every row and the keys, readable on either database.

Security duty: the archive holds the vault's keys beside what they open; it is written with mode 0600 and must be kept
like a password. Nothing of a running gateway is in it.
"""

import io
import os
import tarfile
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.db import connection, transaction

FORMAT = "mcp-console-backup-1"
SKIPPED = {"sessions.session", "contenttypes.contenttype", "auth.permission", "admin.logentry"}
KEYS = ("signing", "vault")


def backup(file: Path) -> int:
    """Write all rows and the data folder's keys to `file` (gzip tar, mode 0600); return the number of rows."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    models = serializers.sort_dependencies([(config, None) for config in apps.get_app_configs()], True)
    chosen = [model for model in models if model._meta.label_lower not in SKIPPED and not model._meta.proxy]
    with (
        os.fdopen(descriptor, "wb") as stream,
        tarfile.open(fileobj=stream, mode="w:gz") as archive,
        transaction.atomic(),
    ):
        _add(archive, "format", FORMAT.encode())
        rows = 0
        lines = io.StringIO()
        for model in chosen:
            rows += model._default_manager.count()
            serializers.serialize("jsonl", model._default_manager.order_by("pk").iterator(), stream=lines)
        _add(archive, "rows.jsonl", lines.getvalue().encode())
        for name in KEYS:
            key = settings.CONSOLE_DATA_DIR / "keys" / name
            if key.exists():
                _add(archive, f"keys/{name}", key.read_bytes())
    return rows


def restore(file: Path) -> int:
    """Fill an empty installation from `file`; return the number of rows. Raises CommandError when it is not empty."""
    call_command("migrate", interactive=False, verbosity=0)
    if apps.get_model("people", "User").objects.exists():
        raise CommandError("This installation already has people in it; restore needs an empty data folder.")
    with tarfile.open(file) as archive:
        if _read(archive, "format") != FORMAT.encode():
            raise CommandError(f"{file} is not a backup of this console.")
        rows = 0
        with transaction.atomic():
            for row in serializers.deserialize("jsonl", _read(archive, "rows.jsonl").decode()):
                row.save()
                rows += 1
        _reset_sequences()
        for name in KEYS:
            if f"keys/{name}" in archive.getnames():
                _write_key(name, _read(archive, f"keys/{name}"))
    return rows


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    archive.addfile(info, io.BytesIO(content))


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    try:
        member = archive.extractfile(name)
    except KeyError:
        member = None
    if member is None:
        raise CommandError(f"The backup lacks {name}.")
    return member.read()


def _write_key(name: str, content: bytes) -> None:
    path = settings.CONSOLE_DATA_DIR / "keys" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)


def _reset_sequences() -> None:
    statements = connection.ops.sequence_reset_sql(no_style(), apps.get_models())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
