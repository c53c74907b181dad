"""Storing, reading and sealing secrets. The only module that other apps use."""

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from people.models import User
from vault.errors import SecretMissing, SecretUnreadable
from vault.keyring import KeyRing, SealError
from vault.models import StoredSecret


@lru_cache(maxsize=4)
def _parsed(text: str) -> KeyRing:
    return KeyRing.parse(text)


def ring() -> KeyRing:
    """Return the key ring of the settings. Raises KeyRingError."""
    return _parsed(settings.VAULT_KEYS)


def seal(value: bytes, *, identity: str) -> bytes:
    """Seal a value that its own row keeps (an execution's output); `identity` names table, row and owner."""
    return ring().seal(value, identity)


def unseal(sealed: bytes, *, identity: str) -> bytes:
    """Open what `seal` made. Raises SecretUnreadable."""
    try:
        return ring().open(bytes(sealed), identity)
    except SealError as error:
        raise SecretUnreadable from error


def _identity(secret: StoredSecret) -> str:
    return f"vault.storedsecret:{secret.key}:{secret.owner_id}:{secret.purpose}"


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


def secrets_read(*, keys: Sequence[str], owner_id: int) -> dict[str, str]:
    """Return {key: value} of several secrets of one owner, in one query. Raises SecretMissing, SecretUnreadable."""
    found = {secret.key: secret for secret in StoredSecret.objects.filter(key__in=keys, owner_id=owner_id)}
    if len(found) != len(set(keys)):
        raise SecretMissing
    return {key: unseal(bytes(secret.sealed), identity=_identity(secret)).decode() for key, secret in found.items()}


def secret_delete(*, key: str, owner: User | None) -> bool:
    """Delete a secret; return whether it was there."""
    return StoredSecret.objects.filter(key=key, owner=owner).delete()[0] > 0
