"""What the vault may answer."""

from django.utils.translation import gettext_lazy as _

from foundation.errors import ConsoleError


class SecretUnreadable(ConsoleError):
    code = "vault.unreadable"
    status = 503
    title = _("A stored secret cannot be read")
    sentence = _("The stored value does not open with this vault's keys.")
    steps = (_("Give the console the keys it was started with before (VAULT_KEYS), or enter the value again."),)


class SecretMissing(ConsoleError):
    code = "vault.missing"
    status = 404
    title = _("No such secret")
    sentence = _("The stored value is no longer there.")
    steps = (_("Enter the value again."),)


class WrongKeys(ConsoleError):
    """The ring does not open what this database was sealed with. `key_id` names the key, never its content."""

    code = "vault.wrong_keys"
    status = 503
    title = _("The vault's keys do not fit this database")
    sentence = _("The vault's keys do not fit this database.")
    steps = (_("Give the console the keys it was started with before (VAULT_KEYS, or keys/vault in the data folder)."),)

    def __init__(self, key_id: str) -> None:
        detail = _("The vault's key ring does not hold the key %(key_id)s that this database was sealed with.")
        super().__init__(detail % {"key_id": key_id})


class KeysNotInFile(ConsoleError):
    """A new key cannot be written, since the keys come from the environment."""

    code = "vault.keys_from_environment"
    status = 409
    title = _("The keys come from the environment")
    sentence = _("VAULT_KEYS is set in the environment, so the console cannot change the keys itself.")
    steps = (_("Put a new key first in VAULT_KEYS, keep the old ones behind it, restart, and rotate again."),)


class KeysInUse(ConsoleError):
    """Something is still sealed with a key that was to go. `held` is {key id: number of values}."""

    code = "vault.keys_in_use"
    status = 409
    title = _("The old keys are still needed")
    sentence = _("Something is still sealed with the old keys, so they stay.")
    steps = (_("Run `manage.py vault_rotate` again; if a value stays unreadable, enter it again or delete it."),)

    def __init__(self, held: dict[str, int]) -> None:
        detail = _("%(count)d values are still sealed with the old keys (%(keys)s), so they stay.")
        super().__init__(detail % {"count": sum(held.values()), "keys": ", ".join(sorted(held))})
