"""What accounts, tokens and the first-administrator link may answer."""

from django.utils.translation import gettext_lazy as _

from foundation.errors import ConsoleError, Invalid, NotFound


class LastAdministrator(ConsoleError):
    code = "people.last_administrator"
    status = 409
    title = _("The last administrator stays")
    sentence = _("This is the only active administrator. Without one, nobody could look after the console.")
    steps = (_("Make somebody else an administrator first."),)


class OwnAccount(ConsoleError):
    code = "people.own_account"
    status = 409
    title = _("Not your own account")
    sentence = _("You cannot delete or deactivate the account you are logged in with.")
    steps = (_("Ask another administrator to do it."),)


class SetupLinkInvalid(NotFound):
    code = "setup.link_invalid"
    title = _("This link is of no use any more")
    sentence = _("The link is wrong, was used already, or an administrator exists.")
    steps = (
        _("Log in if you have an account."),
        _("While no administrator exists, each start of the console prints a fresh link."),
    )


class ScopeRefused(Invalid):
    code = "token.scope"
    title = _("These scopes cannot be given")
    steps = (_("Choose other scopes for the token."),)
