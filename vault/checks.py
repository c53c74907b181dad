"""Settings checks of the vault: a malformed ring, keys that do not fit the database, a readable key file."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError
from django.utils.translation import gettext as _

from vault.errors import WrongKeys
from vault.keyring import KeyRingError
from vault.known_value import verify_keys


@register()
def check_keys(**kwargs: Any) -> list[CheckMessage]:
    """E001 malformed, E002 the wrong keys, W001 not to be checked, W002 a key file that others can read."""
    found: list[CheckMessage] = []
    path = settings.VAULT_KEYS_FILE
    if path is not None and path.exists() and path.stat().st_mode & 0o077:
        found.append(
            CheckWarning(_("The vault's key file can be read by others."), hint=f"chmod 600 {path}", id="vault.W002")
        )
    try:
        verify_keys(remember=False)
    except KeyRingError as error:
        hint = _("VAULT_KEYS is id:base64 of 32 bytes, the active key first, separated by commas.")
        found.append(Error(str(error), hint=hint, id="vault.E001"))
    except WrongKeys as error:
        found.append(Error(str(error.detail), hint=str(error.retry_steps[0]), id="vault.E002"))
    except DatabaseError:
        hint = _("Check DATABASE_URL and whether the database runs.")
        found.append(CheckWarning(_("The vault's keys could not be checked: no database."), hint=hint, id="vault.W001"))
    return found
