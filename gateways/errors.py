"""What the gateways may answer. A call's error carries the code that its execution keeps."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from foundation.errors import ConsoleError, Text


class RuntimeUnavailable(ConsoleError):
    code = "runtime.unavailable"
    status = 409
    title = _("This runtime is not available here")
    sentence = _("Container images need Docker, and Docker does not answer on this machine.")
    steps = (_("Install Docker and its MCP plugin, start the engine, and try again."),)


class GatewayNotEnabled(ConsoleError):
    code = "gateway.not_enabled"
    status = 409
    title = _("This gateway is not open for sessions")
    sentence = _("An external gateway is open for sessions once its test has passed.")


class GatewayUnavailable(ConsoleError):
    code = "gateway.unavailable"
    status = 503
    permanent = False
    title = _("The gateway does not answer")
    sentence = _("The gateway of this session does not answer.")
    steps = (_("Try again: the gateway is started anew when it is needed."),)


class GatewayClosed(ConsoleError):
    code = "gateway.closed"
    status = 409
    title = _("The gateway is closed")
    sentence = _("The session of this gateway has ended.")


class LeaseLost(ConsoleError):
    """Somebody else took the gateway over: this worker stops touching it. Never shown."""

    code = "gateway.lease_lost"
    status = 409
    permanent = False


class PackageRefused(ConsoleError):
    """A package's name, version, runner or argument that could be read as something else than data."""

    code = "server.refused.package"
    status = 409
    title = _("This package may not run")
    sentence = _("The package's name, version or an argument is not one that the console passes on.")


class PackageNotApproved(ConsoleError):
    code = "server.refused.package_policy"
    status = 409
    title = _("This package may not run")
    sentence = _("Package servers are switched off, or this one is waiting for an administrator's approval.")
    steps = (_("Ask an administrator to approve the server."),)


class CommandMissing(ConsoleError):
    code = "server.command_missing"
    status = 409
    title = _("A program is missing on this machine")
    sentence = _("The program that runs this package is not installed on this machine.")
    steps = (_("Install Node.js (npx), or ask an administrator to do so, and try again."),)


class RpcError(ConsoleError):
    """A JSON-RPC error of the gateway or the server behind it: number, message and data as they came."""

    code = "exec.rpc_error"
    status = 502
    title = _("The server answered with an error")

    def __init__(
        self, number: int, message: str, data: dict[str, Any] | None = None, detail: Text | None = None
    ) -> None:
        self.number, self.message, self.data = number, message, data or {}
        super().__init__(detail if detail is not None else message)


class CallTimedOut(RpcError):
    code = "exec.timeout"
    status = 504
    permanent = False
    title = _("The tool took too long")


class CallCancelled(RpcError):
    code = "exec.cancelled"
    status = 409
    title = _("The run was cancelled")


class ToolUnknown(RpcError):
    code = "exec.tool.unknown"
    status = 404
    title = _("No such tool")


class ServerUnavailable(RpcError):
    code = "server.unavailable"
    status = 503
    permanent = False
    title = _("The server does not run")


class ServerStarting(RpcError):
    code = "server.starting"
    status = 503
    permanent = False
    title = _("The server is still starting")


class ServerCrashed(RpcError):
    code = "server.crashed"
    status = 502
    permanent = False
    title = _("The server's process ended")


class OutputTooLarge(RpcError):
    code = "exec.output.too_large"
    status = 502
    title = _("The output is too large")


_BY_CODE: dict[str, type[RpcError]] = {
    kind.code: kind
    for kind in (
        CallTimedOut,
        CallCancelled,
        ToolUnknown,
        ServerUnavailable,
        ServerStarting,
        ServerCrashed,
        OutputTooLarge,
    )
}


def rpc_error(number: int, message: str, data: dict[str, Any]) -> RpcError:
    """Return the error for a JSON-RPC error object: typed by `data.code` where the gateway gives one.

    `data.detail` (a crashed server's last lines) is what a person is shown, else the message.
    """
    kind = _BY_CODE.get(str(data.get("code", "")), RpcError)
    return kind(number, message, data, str(data.get("detail") or message))
