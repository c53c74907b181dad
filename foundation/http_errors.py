"""What the outbound door may answer. The sentences name the rule or the kind of failure, never what lies behind."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from foundation.errors import ConsoleError


class OutboundError(ConsoleError):
    """Base of all failures to reach another machine."""

    code = "outbound.failed"
    status = 502
    permanent = False
    title = _("The other side could not be reached")
    sentence = _("The other side could not be reached.")


class OutboundRefused(OutboundError):
    """The address policy says no; `rule` says which part of it. Nothing was sent."""

    code = "outbound.refused"
    status = 409
    permanent = True
    title = _("This address is not allowed")
    sentence = _("The console may not reach this address.")
    steps = (_("Use an https address that is public, or ask an administrator to add the host to OUTBOUND_ALLOW."),)

    def __init__(self, rule: str, **extra: Any) -> None:
        self.rule = rule
        detail = _("The console may not reach this address (rule: %(rule)s).") % {"rule": rule}
        super().__init__(detail, rule=rule, **extra)


class OutboundDns(OutboundError):
    code = "outbound.dns"
    sentence = _("The host's name could not be resolved.")
    steps = (_("Check the spelling of the host, and this machine's name server."),)


class OutboundRefusedConnection(OutboundError):
    code = "outbound.refused_connection"
    sentence = _("The host does not accept connections.")
    steps = (_("Check host and port, and whether the service runs."),)


class OutboundTls(OutboundError):
    code = "outbound.tls"
    permanent = True
    sentence = _("The host's certificate could not be verified.")
    steps = (_("Use a valid certificate, or name your own authority in SSL_CERT_FILE."),)


class OutboundTimeout(OutboundError):
    code = "outbound.timeout"
    status = 504
    sentence = _("The answer did not arrive in time.")
    steps = (_("Try again later."),)


class OutboundTooLarge(OutboundError):
    code = "outbound.too_large"
    permanent = True
    sentence = _("The answer is larger than the console accepts.")


class OutboundBroken(OutboundError):
    code = "outbound.broken"
    sentence = _("The connection broke, or what came back is not HTTP.")
    steps = (_("Try again later."),)


class LocalUnreachable(ConsoleError):
    """The session's own gateway is not there. `sent`: the request may have reached it before."""

    code = "gateway.unreachable"
    status = 502
    permanent = False
    title = _("The gateway does not answer")
    sentence = _("The session's gateway cannot be reached.")
    steps = (_("Try again: the gateway starts anew with the next call."),)

    def __init__(self, *, sent: bool = False) -> None:
        self.sent = sent
        super().__init__()


class LocalTimeout(ConsoleError):
    code = "gateway.timeout"
    status = 504
    permanent = False
    title = _("The gateway does not answer")
    sentence = _("The session's gateway did not answer in time.")
    steps = (_("Try again, with a longer time limit if the tool needs it."),)
