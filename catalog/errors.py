"""The catalogue's errors."""

from django.utils.translation import gettext_lazy as _

from foundation.errors import ConsoleError, NotFound


class ServerUnknown(NotFound):
    code = "catalog.server.unknown"
    title = _("No such server")
    sentence = _("The catalogue has no server of this name.")
    steps = (_("Search the catalogue for it; names are written exactly as shown there."),)


class SourceUnknown(NotFound):
    code = "catalog.source.unknown"
    title = _("No such source")
    sentence = _("The catalogue has no source of this name.")


class SourceUnreadable(ConsoleError):
    """The source as a whole could not be read; what it gave before stays."""

    code = "catalog.source.unreadable"
    status = 422
    permanent = False
    title = _("The source could not be read")
    sentence = _("What it gave before stays in the catalogue.")
    steps = (_("Check the path or address, and that it is one of the shapes the console reads."),)
