"""Sealing everything anew under the active key, while the console runs.

Security duty: a value is replaced only if nobody changed it meanwhile, a value that does not open is counted and left
as it is, and an old key leaves the ring only when nothing is sealed with it. Safe to stop and to run again.
"""

import base64
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import models
from django.db.models.functions import Substr

from audit.models import Outcome, Verb
from audit.services import record
from people.models import User
from vault.errors import KeysInUse, KeysNotInFile, WrongKeys
from vault.hooks import SealedColumn, sealed_columns
from vault.keyring import HEAD_BYTES, SealError, key_id_of
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
    """Take the old keys off the ring's file and return their ids.

    Refuses as a whole while anything is sealed with one of them. What was sealed between the count and the new file, by
    a process that still held the old ring, is found by counting again, and the keys come back. Raises KeysNotInFile,
    KeysInUse.
    """
    path = settings.VAULT_KEYS_FILE
    if path is None:
        raise KeysNotInFile
    entries = [entry.strip() for entry in path.read_text().split(",") if entry.strip()]
    active = entries[0].partition(":")[0]
    old = [entry.partition(":")[0] for entry in entries[1:]]
    if not old:
        return []
    _refuse_in_use(old)
    write_ring(path, entries[:1])
    try:
        _refuse_in_use(old)
    except KeysInUse:
        write_ring(path, entries)
        raise
    for name in old:
        forget(name)
    record(Verb.VAULT_ROTATE, actor=actor, detail={"key": active, "retired": len(old)})
    return old


def sealed_with() -> Counter[str]:
    """Return how many values each key holds, by its id, over every registered column. Only their heads are read."""
    found: Counter[str] = Counter()
    for column in _columns():
        heads = column.model._default_manager.exclude(**{column.field: None}).annotate(
            head=Substr(column.field, 1, HEAD_BYTES, output_field=models.BinaryField())
        )
        for head in heads.order_by().values_list("head", flat=True).iterator(chunk_size=2000):
            try:
                found[key_id_of(bytes(head))] += 1
            except SealError:
                continue  # not a sealed value at all: no key opens it
    return found


def verify_sealed() -> None:
    """Check that every stored value names a key of the ring, after rows came from elsewhere. Raises WrongKeys."""
    verify_keys(remember=False)
    missing = sealed_with().keys() - ring().keys.keys()
    if missing:
        raise WrongKeys(min(missing))


def _refuse_in_use(names: list[str]) -> None:
    counts = sealed_with()
    held = {name: counts[name] for name in names if counts[name]}
    if held:
        raise KeysInUse(held)


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
