"""The gateway program's control side: health, apply, state and stop, each one bounded request."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from foundation.http import LocalAnswer, LocalEndpoint
from foundation.http_errors import LocalTimeout, LocalUnreachable, OutboundError
from gateways.errors import GatewayUnavailable
from gateways.specs import Receipt, ServerStatus

DOOR_ERRORS = (LocalTimeout, LocalUnreachable, OutboundError)


@dataclass(frozen=True)
class State:
    """What a gateway says of its servers; `seq` grows with every change, `revision` is the file it has read."""

    seq: int
    revision: int
    pending: bool
    servers: list[ServerStatus] = field(default_factory=list)
    removed: dict[str, Receipt] = field(default_factory=dict)


def healthcheck(door: LocalEndpoint, timeout_s: float = 3.0) -> None:
    """Raises GatewayUnavailable unless the gateway answers 200."""
    try:
        _checked(door.get("/healthcheck", timeout_s=timeout_s))
    except DOOR_ERRORS as error:
        raise GatewayUnavailable from error


def apply(door: LocalEndpoint) -> int:
    """Have the gateway read `servers.json` again; return the revision it read. Raises GatewayUnavailable."""
    return int(_post(door, "/control/apply", {}).get("revision", 0))


def restart(door: LocalEndpoint, name: str) -> None:
    """Restart one server. Raises GatewayUnavailable."""
    _post(door, "/control/restart", {"name": name})


def stop(door: LocalEndpoint, timeout_s: float = 15.0) -> None:
    """Ask the gateway to stop its servers and end. Raises GatewayUnavailable."""
    _post(door, "/control/stop", {}, timeout_s)


def state(door: LocalEndpoint, *, after: int = 0, wait_s: float = 0) -> State:
    """Return the gateway's state, waiting up to `wait_s` for one newer than `after`. Raises GatewayUnavailable."""
    try:
        answer = door.get(f"/control/state?after={after}&wait_s={wait_s:g}", timeout_s=wait_s + 5)
    except DOOR_ERRORS as error:
        raise GatewayUnavailable from error
    data = _object(_checked(answer))
    try:
        return State(
            seq=int(data["seq"]),
            revision=int(data["revision"]),
            pending=bool(data["pending"]),
            servers=[ServerStatus.from_json(server) for server in data.get("servers", [])],
            removed={name: Receipt(**counts) for name, counts in data.get("removed", {}).items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayUnavailable(_("The gateway's answer could not be read.")) from error


def _post(door: LocalEndpoint, path: str, body: dict[str, Any], timeout_s: float = 5.0) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    try:
        return _object(_checked(door.post(path, json.dumps(body).encode(), headers=headers, timeout_s=timeout_s)))
    except DOOR_ERRORS as error:
        raise GatewayUnavailable from error


def _checked(answer: LocalAnswer) -> LocalAnswer:
    if not 200 <= answer.status < 300:
        raise GatewayUnavailable(_("The gateway answered with status %(status)s.") % {"status": answer.status})
    return answer


def _object(answer: LocalAnswer) -> dict[str, Any]:
    try:
        data = json.loads(answer.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise GatewayUnavailable(_("The gateway's answer could not be read.")) from error
    return data if isinstance(data, dict) else {}
