"""Whether the key ring fits the database: a known value, sealed under each key, must open.

Security duty: a console with the wrong keys stops before it seals anything that the right keys could not open.
"""

from django.db import connection

from vault.errors import WrongKeys
from vault.keyring import KeyRing, SealError
from vault.models import KeyCheck
from vault.ring import ring

_KNOWN = b"mcp-catalog-console vault"


def _identity(key_id: str) -> str:
    return f"vault.keycheck:{key_id}"


def verify_keys(*, remember: bool = True) -> None:
    """Check every known value against the ring, and with `remember` keep one for each key that has none yet.

    A database without tables has nothing to check. Raises WrongKeys, KeyRingError; database errors pass through.
    """
    keys = ring()
    if KeyCheck._meta.db_table not in connection.introspection.table_names():
        return
    rows = list(KeyCheck.objects.all())
    for row in rows:
        try:
            opened = keys.open(bytes(row.sealed), _identity(row.key_id))
        except SealError as error:
            raise WrongKeys(row.key_id) from error
        if opened != _KNOWN:
            raise WrongKeys(row.key_id)
    if remember:
        for key_id in keys.keys.keys() - {row.key_id for row in rows}:
            sealed = KeyRing(active=key_id, keys=keys.keys).seal(_KNOWN, _identity(key_id))
            KeyCheck.objects.get_or_create(key_id=key_id, defaults={"sealed": sealed})


def forget(key_id: str) -> None:
    """Drop the known value of a key that nothing is sealed with any more."""
    KeyCheck.objects.filter(key_id=key_id).delete()
