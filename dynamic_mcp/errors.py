"""What sessions, their servers and executions may answer. Sentences for a person are written here, once."""

from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from foundation.errors import ConsoleError, Invalid, NotFound, Text, TooManyRequests


class SessionLimit(TooManyRequests):
    code = "session.limit"
    title = _("Too many sessions")
    sentence = _("You have as many sessions as one person may have at a time.")
    steps = (_("End a session that you no longer need, then try again."),)


class SessionEnded(ConsoleError):
    code = "session.ended"
    status = 409
    title = _("The session has ended")
    sentence = _("This session has ended; nothing can be changed or run in it any more.")
    steps = (_("Create a new session."),)


class ServerUnknown(NotFound):
    code = "session.server.unknown"
    sentence = _("No server of this name is in the session.")


class CatalogServerUnknown(NotFound):
    code = "catalog.server.unknown"
    sentence = _("The catalogue has no server of this name.")
    steps = (_("Search the catalogue for it; names are written exactly as shown there."),)


class ServerExists(ConsoleError):
    code = "session.server.exists"
    status = 409
    title = _("Already in this session")
    sentence = _("The server is in this session with another configuration.")
    steps = (_("Change its configuration, or remove it first and add it again."),)


class ServerRefused(ConsoleError):
    """What was asked for is forbidden; nothing was started. The code's last part says what: address, mount, …"""

    status = 409
    title = _("The server was refused")
    steps = (_("Correct the value, or ask an administrator to allow it."),)
    sentences: ClassVar[dict[str, Text]] = {
        "address": _("This address may not be reached from the console."),
        "mount": _("This folder is not on the administrator's list of folders that servers may use."),
        "flag": _("A value looks like a command-line option or holds a control character."),
        "image": _("This is not the name of a container image."),
        "package": _("This is not the name or version of a package."),
    }

    def __init__(self, what: str, detail: Text | None = None, *, retry_steps: Sequence[Text] | None = None) -> None:
        self.code = f"server.refused.{what}"  # type: ignore[misc]  # one class, one code for each rule
        super().__init__(self.sentences[what] if detail is None else detail, retry_steps=retry_steps)


class ConfigInvalid(Invalid):
    code = "session.config.invalid"
    title = _("The configuration does not fit")


class SecretUnknown(Invalid):
    code = "session.secret.unknown"
    sentence = _("The server has no secret of this name.")


class SecretInvalid(Invalid):
    code = "session.secret.invalid"


class ToolAmbiguous(Invalid):
    code = "exec.tool.ambiguous"
    title = _("More than one server has this tool")
    sentence = _("More than one server of the session has a tool of this name: name the server too.")


class NoQuestion(ConsoleError):
    code = "exec.no_question"
    status = 409
    title = _("Nothing is asked")
    sentence = _("This run does not wait for an answer.")
