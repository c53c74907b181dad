"""Sessions with a real server: a wheel of `suite_server`, run by the real `uvx` in a real gateway process, no network.

The wheel lies in the owner's package cache, which the server's sandbox sees; `UV_FIND_LINKS` points there.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

from catalog.models import CatalogServer, Rank, Source, SourceShape
from dynamic_mcp.models import Session, SessionState
from gateways import services as gateways
from people.models import User

VERSION = "1.0.0"
PACKAGE = "suite-server"


def wheel_make(folder: Path) -> Path:
    """Write the suite's package as a wheel (PEP 427) into `folder`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"suite_server-{VERSION}-py3-none-any.whl"
    info = f"suite_server-{VERSION}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.write(Path(__file__).with_name("suite_server.py"), "suite_server.py")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\nsuite-server = suite_server:main\n")
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*wheel.namelist(), f"{info}/RECORD"]))
    return path


def source_make() -> Source:
    return Source.objects.get_or_create(name="suite", defaults={"shape": SourceShape.OWN, "rank": Rank.OWN})[0]


def entry_make(name: str = "echo", **more: Any) -> CatalogServer:
    """Make a catalogue entry; by default an approved package that runs the suite's server."""
    values: dict[str, Any] = {
        "source": source_make(),
        "source_name": name,
        "title": name,
        "kind": "package",
        "approval": "approved",
        "fingerprint": "0" * 64,
    }
    if more.get("kind", "package") == "package":
        values["package"] = {"registry": "pypi", "name": PACKAGE, "version": VERSION, "runner": "uvx"}
    return CatalogServer.objects.create(name=name, **{**values, **more})


@dataclass
class Api:
    """One person's program on the JSON API."""

    client: Client
    user: User

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        response = getattr(self.client, method.lower())(f"/api/v1{path}", **more)
        return response.status_code, response.json() if response.content else None

    def session(self, **body: Any) -> str:
        status, answer = self.call("POST", "/sessions", body)
        assert status == 201, answer
        return str(answer["id"])

    def add(self, session: str, server: str = "echo", **body: Any) -> dict[str, Any]:
        status, answer = self.call("POST", f"/sessions/{session}/servers", {"server": server, **body})
        assert status in (200, 201), answer
        return dict(answer)

    def run(self, session: str, tool: str, arguments: dict[str, Any] | None = None, **body: Any) -> dict[str, Any]:
        data = {"tool": tool, "arguments": arguments or {}, **body}
        status, answer = self.call("POST", f"/sessions/{session}/exec", data)
        assert status == 200, answer
        return dict(answer)


def stop_everything() -> Iterator[None]:
    """After a test: no gateway of its sessions is left."""
    yield
    for session in Session.objects.exclude(state=SessionState.ENDED).exclude(gateway=None):
        gateways.gateway_stop(gateway_id=session.gateway_id)
