"""A program that uses the JSON API of a running console over real HTTP, with a bearer token."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.support.console import RunningConsole

PASSWORD = "correct horse battery staple"


@dataclass
class Program:
    url: str
    token: str

    def call(self, method: str, path: str, body: Any = None, timeout_s: float = 120.0) -> tuple[int, Any]:
        """Return status and parsed JSON (None where the body is empty)."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return answer.status, _parsed(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _parsed(error.read())

    def get(self, path: str) -> Any:
        status, body = self.call("GET", path)
        assert status == 200, body
        return body

    def session_with(self, server: str, **more: Any) -> str:
        """Make a session with one ready server and return the session's id."""
        status, session = self.call("POST", "/sessions", {"name": f"with {server}"})
        assert status == 201, session
        status, added = self.call("POST", f"/sessions/{session['id']}/servers", {"server": server, **more})
        while status == 201 and added["state"] == "starting":  # a first download may take longer than one answer
            status, added = self.call("POST", f"/sessions/{session['id']}/servers", {"server": server, **more})
            status = 201 if status == 200 else status
        assert (status, added["state"]) == (201, "ready"), added
        return str(session["id"])

    def run(self, session: str, tool: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
        status, body = self.call("POST", f"/sessions/{session}/exec", {"tool": tool, "arguments": arguments, **more})
        assert status == 200, body
        return dict(body)


def program_for(console: RunningConsole, username: str, role: str = "operator", *scopes: str) -> Program:
    """Make a user and a token with the console's own commands."""
    console.manage("user_create", username, "--role", role, "--password-stdin", stdin=PASSWORD + "\n")
    asked = [part for scope in scopes for part in ("--scope", scope)]
    token = console.manage("api_token_create", username, "--name", "suite", *asked).strip()
    return Program(console.url, token)


def _parsed(body: bytes) -> Any:
    return json.loads(body) if body else None
