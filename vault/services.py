"""Storing, reading and sealing secrets. The only module that other apps use."""

from collections.abc import Iterable

from people.models import User
from vault.errors import SecretMissing, SecretUnreadable
from vault.keyring import SealError
from vault.known_value import verify_keys
from vault.models import StoredSecret
from vault.ring import ring
from vault.rotation import Rotation, retire, rotate, verify_sealed
from vault.rotation import secret_identity as _identity

__all__ = [
    "Rotation",
    "retire",
    "ring",
    "rotate",
    "seal",
    "secret_delete",
    "secret_read",
    "secret_store",
    "secrets_read_many",
    "unseal",
    "verify_keys",
    "verify_sealed",
]


def seal(value: bytes, *, identity: str) -> bytes:
    """Seal a value that its own row keeps (an execution's output); `identity` names table, row and owner."""
    return ring().seal(value, identity)


def unseal(sealed: bytes, *, identity: str) -> bytes:
    """Open what `seal` made. Raises SecretUnreadable."""
    try:
        return ring().open(bytes(sealed), identity)
    except SealError as error:
        raise SecretUnreadable from error


def secret_store(*, owner: User | None, purpose: str, value: str, key: str | None = None) -> str:
    """Keep a secret and return its storage key; with `key`, replace the owner's value under that key.

    Raises SecretMissing when `key` is not the owner's.
    """
    if key is None:
        secret = StoredSecret(owner=owner, purpose=purpose)
    else:
        found = StoredSecret.objects.filter(key=key, owner=owner, purpose=purpose).first()
        if found is None:
            raise SecretMissing
        secret = found
    secret.sealed = seal(value.encode(), identity=_identity(secret))
    secret.save()
    return secret.key


def secret_read(*, key: str, owner: User | None) -> str:
    """Return a secret's value. Raises SecretMissing, SecretUnreadable."""
    secret = StoredSecret.objects.filter(key=key, owner=owner).first()
    if secret is None:
        raise SecretMissing
    return unseal(bytes(secret.sealed), identity=_identity(secret)).decode()


def secrets_read_many(*, keys: Iterable[str], owner: User | None) -> dict[str, str]:
    """Return the values of several secrets by key, in one query. Raises SecretMissing, SecretUnreadable."""
    wanted = set(keys)
    found = {secret.key: secret for secret in StoredSecret.objects.filter(key__in=wanted, owner=owner)}
    if wanted - found.keys():
        raise SecretMissing
    return {key: unseal(bytes(row.sealed), identity=_identity(row)).decode() for key, row in found.items()}


def secret_delete(*, key: str, owner: User | None) -> bool:
    """Delete a secret; return whether it was there."""
    return StoredSecret.objects.filter(key=key, owner=owner).delete()[0] > 0
