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
