"""Whether a server has all it needs to start: approval, authorisation, input. In that order, one reason at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.models import Approval, Kind
from dynamic_mcp import launch
from dynamic_mcp.entries import ServerEntry
from dynamic_mcp.errors import ServerRefused
from dynamic_mcp.models import ServerState
from dynamic_mcp.templating import fill
from foundation.http import check_url
from foundation.http_errors import OutboundError, OutboundRefused
from gateways.errors import PackageNotApproved
from gateways.services import package_check


@dataclass(frozen=True)
class Readiness:
    """The state that a server may be in now, and why; `starting` means that nothing is missing."""

    state: ServerState
    missing: launch.Missing = field(default_factory=launch.Missing)
    reason_code: str = ""
    detail: str = ""


def readiness(entry: ServerEntry, config: Mapping[str, object], secret_names: Sequence[str]) -> Readiness:
    """Return what an entry with this configuration and these secrets waits for."""
    missing = launch.what_is_missing(entry, config, secret_names)
    if waits := _approval(entry):
        return Readiness(ServerState.NEEDS_APPROVAL, missing, "server.approval_needed", waits)
    if entry.requires_oauth:
        detail = _("This server needs you to connect your account first.")
        return Readiness(ServerState.NEEDS_AUTHORIZATION, missing, "server.authorization_needed", detail)
    if missing:
        detail = _("Some values are missing.")
        return Readiness(ServerState.NEEDS_INPUT, missing, "server.input_missing", detail)
    return Readiness(ServerState.STARTING)


def address_check(entry: ServerEntry, config: Mapping[str, object]) -> None:
    """Raise ServerRefused for a remote address that the outbound policy forbids; one that cannot be resolved may stay.

    The gateway checks again at each connection; this is so that nothing is started for a forbidden one.
    """
    url = fill(entry.remote_url, launch.values_of(entry, config)) if entry.kind == Kind.REMOTE else None
    if not url:
        return
    try:
        check_url(url)
    except OutboundRefused as error:
        raise ServerRefused("address", error.detail) from error
    except OutboundError:
        return


def _approval(entry: ServerEntry) -> str:
    """Return why an entry waits for an administrator, or an empty text."""
    if entry.kind == Kind.PACKAGE:
        try:
            package_check(entry.approval)
        except PackageNotApproved as error:
            return str(error.detail)
        return ""
    if entry.approval == Approval.REJECTED:
        return _("An administrator rejected this server.")
    if entry.approval == Approval.UNREVIEWED and settings.PACKAGE_SERVERS != "all":
        return _("This server comes from an open registry and waits for an administrator's approval.")
    return ""
