"""What the console wrote for this gateway: `gateway.json` and `servers.json` in the session's folder.

Security duty: both files hold secrets, so they are read here only and never logged; the endpoint file is written
0600 and replaced atomically, so that nobody reads half of it.
"""

import json
import os
from typing import Any

from gateways.specs import ServerSpec


class Folder:
    """The session's folder: reads the console's files, writes `endpoint.json`, removes what held secrets."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)

    def settings(self) -> "GatewaySettings":
        """Read `gateway.json`. Raises OSError, ValueError, KeyError or TypeError when it is not as agreed."""
        return GatewaySettings(**self._read("gateway.json"))

    def servers(self) -> tuple[int, list[ServerSpec]]:
        """Return revision and servers of `servers.json`. Raises as `settings` does."""
        data = self._read("servers.json")
        return int(data["revision"]), [ServerSpec.from_json(item) for item in data["servers"]]

    def write_endpoint(self, port: int, revision: int) -> None:
        path = os.path.join(self.path, "endpoint.json")
        fresh = f"{path}.{os.getpid()}"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"port": port, "pid": os.getpid(), "revision": revision}, file)
        os.replace(fresh, path)

    def remove_inside(self, path: str) -> int:
        """Remove a file that lies inside this folder; return how many files went (0 or 1)."""
        if not path or not os.path.realpath(path).startswith(os.path.realpath(self.path) + os.sep):
            return 0
        try:
            os.unlink(path)
        except FileNotFoundError:
            return 0
        return 1

    def own(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _read(self, name: str) -> Any:
        with open(self.own(name), "rb") as file:
            return json.loads(file.read())


class GatewaySettings:
    """`gateway.json`: the address to bind, the bearer to ask for, and what may be reached and answered."""

    __slots__ = ("bearer", "host", "outbound_allow", "output_max_bytes", "port", "session_id")

    def __init__(
        self,
        *,
        session_id: str,
        bearer: str,
        host: str = "127.0.0.1",
        port: int = 0,
        outbound_allow: list[str] | None = None,
        output_max_bytes: int = 1_048_576,
        **_later: Any,
    ) -> None:
        if len(bearer) < 16:
            raise ValueError("the bearer is too short")
        self.session_id = session_id
        self.bearer = bearer
        self.host = host
        self.port = port
        self.outbound_allow = list(outbound_allow or [])
        self.output_max_bytes = output_max_bytes
