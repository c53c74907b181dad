"""Sealing everything anew under the active key, while the console runs.

Security duty: a value is replaced only if nobody changed it meanwhile, a value that does not open is counted and left
as it is, and an old key leaves the ring only when nothing is sealed with it. Safe to stop and to run again.
"""

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import models

from audit.models import Outcome, Verb
from audit.services import record
from people.models import User
from vault.errors import KeysNotInFile
from vault.hooks import SealedColumn, sealed_columns
from vault.keyring import SealError, key_id_of
from vault.known_value import forget, verify_keys
from vault.models import StoredSecret
from vault.ring import ring, write_ring

_BATCH = 200


@dataclass
class Rotation:
    """What a rotation did. `in_use` are the ids of old keys that something is still sealed with."""

    key_id: str
    resealed: int = 0
    current: int = 0
    unreadable: int = 0
    in_use: set[str] = field(default_factory=set)


def secret_identity(secret: StoredSecret) -> str:
    """Return what a stored secret's value is bound to."""
    return f"vault.storedsecret:{secret.key}:{secret.owner_id}:{secret.purpose}"


def rotate(*, actor: User | None = None, new_key: bool = False) -> Rotation:
    """Seal every stored secret and registered column under the active key; with `new_key` make one first.

    Raises KeysNotInFile when a new key is wanted and VAULT_KEYS is set, WrongKeys when the ring does not fit.
    """
    verify_keys()
    if new_key:
        _add_key()
        verify_keys()
    result = Rotation(key_id=ring().active)
    for column in _columns():
        _reseal(column, result)
    record(
        Verb.VAULT_ROTATE,
        actor=actor,
        outcome=Outcome.FAILED if result.unreadable else Outcome.OK,
        detail={"key": result.key_id, "resealed": result.resealed, "unreadable": result.unreadable},
    )
    return result


def retire(*, actor: User | None = None) -> list[str]:
    """Take the old keys that nothing is sealed with off the ring's file; return their ids. Raises KeysNotInFile."""
    path = settings.VAULT_KEYS_FILE
    if path is None:
        raise KeysNotInFile
    used = {key_id_of(bytes(getattr(row, column.field))) for column in _columns() for row in _rows(column)}
    entries = [entry.strip() for entry in path.read_text().split(",") if entry.strip()]
    active = ring().active
    kept = [entry for entry in entries if (name := entry.partition(":")[0]) == active or name in used]
    gone = [name for entry in entries if (name := entry.partition(":")[0]) not in {active, *used}]
    if gone:
        for name in gone:
            forget(name)
        write_ring(path, kept)
        record(Verb.VAULT_ROTATE, actor=actor, detail={"key": active, "retired": len(gone)})
    return gone


def _columns() -> Iterator[SealedColumn]:
    yield SealedColumn(StoredSecret, "sealed", secret_identity)
    yield from sealed_columns


def _rows(column: SealedColumn) -> Iterator[models.Model]:
    """Yield the rows with a value, in batches by primary key: no long transaction, no offset."""
    found = column.model._default_manager.exclude(**{column.field: None}).order_by("pk")
    last = None
    while batch := list((found if last is None else found.filter(pk__gt=last))[:_BATCH]):
        yield from batch
        last = batch[-1].pk


def _reseal(column: SealedColumn, result: Rotation) -> None:
    for row in _rows(column):
        keys = ring()
        sealed = bytes(getattr(row, column.field))
        try:
            key_id = key_id_of(sealed)
            if key_id == keys.active:
                result.current += 1
                continue
            anew = keys.seal(keys.open(sealed, column.identity(row)), column.identity(row))
        except SealError:
            result.unreadable += 1  # left as it is and reported: the right key may come back
            continue
        same = column.model._default_manager.filter(pk=row.pk, **{column.field: sealed})
        if same.update(**{column.field: anew}):
            result.resealed += 1
        else:
            result.in_use.add(key_id)  # changed or deleted meanwhile: the next run looks again


def _add_key() -> None:
    path = settings.VAULT_KEYS_FILE
    if path is None:
        raise KeysNotInFile
    entry = f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    write_ring(path, [entry, *(part.strip() for part in path.read_text().split(",") if part.strip())])
