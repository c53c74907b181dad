"""Runs the real gateway program in a folder of its own and speaks to it as the console does."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from gateways.specs import ServerSpec
from tests.support.waiting import until

REPO = Path(__file__).resolve().parents[2]
ECHO = REPO / "tests" / "support" / "mcp_servers" / "echo.py"
BEARER = "bearer-of-the-test-session"


def echo_spec(name: str = "echo", mode: str = "", **fields: Any) -> ServerSpec:
    fields.setdefault("env", {"PATH": os.environ["PATH"]})
    return ServerSpec(name=name, kind="package", argv=[sys.executable, str(ECHO), mode], **fields)


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[Any]:
        lines = self.body.decode().splitlines()
        return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


class EmbeddedGateway:
    """The program, started with `servers`. `stop` in any case; it fails when something is left."""

    def __init__(self, folder: Path, servers: list[ServerSpec], **settings: Any) -> None:
        extra = settings.pop("environment", {})
        self.folder = folder
        self.revision = 0
        self.session = f"test-{os.getpid()}-{time.monotonic_ns()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._write(
            "gateway.json",
            {"session_id": self.session, "host": "127.0.0.1", "port": 0, "bearer": BEARER, "outbound_allow": []}
            | {"output_max_bytes": 1048576}
            | settings,
        )
        self.want(servers)
        self.log = folder / "gateway.log"
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPO), **extra}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateways.embedded", "--dir", str(folder)],
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
        until(lambda: (folder / "endpoint.json").exists() or self.process.poll() is not None)
        self.port = json.loads((folder / "endpoint.json").read_text())["port"]
        self.mcp_session = ""
        self._next_id = 0

    def _write(self, name: str, value: object) -> None:
        path = self.folder / name
        path.write_text(json.dumps(value))
        path.chmod(0o600)

    def want(self, servers: list[ServerSpec]) -> None:
        self.revision += 1
        found = [server.to_json() for server in servers]
        self._write("servers.json", {"revision": self.revision, "servers": found})

    def apply(self, servers: list[ServerSpec]) -> None:
        self.want(servers)
        assert self.http("POST", "/control/apply").status == 202

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def http(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
        connection = self.connect()
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
            connection.request(method, path, data, {"Authorization": f"Bearer {BEARER}", **(headers or {})})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def state(self, after: int = -1, wait_s: float = 0) -> Any:
        return self.http("GET", f"/control/state?after={after}&wait_s={wait_s}").json()

    def status(self, name: str = "echo") -> Any:
        return next((item for item in self.state()["servers"] if item["name"] == name), None)

    def wait_for(self, name: str = "echo", state: str = "ready", timeout_s: float = 20) -> Any:
        def settled() -> Any:
            found = self.status(name)
            return found if found and found["state"] == state else None

        return until(settled, timeout_s)

    def initialize(self) -> None:
        params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        answer = self.post({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
        self.mcp_session = answer.headers["mcp-session-id"]
        noticed = self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert noticed.status == 202

    def post(self, message: object, headers: dict[str, str] | None = None) -> Answer:
        fixed = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        if self.mcp_session:
            fixed["Mcp-Session-Id"] = self.mcp_session
        return self.http("POST", "/mcp", message, {**fixed, **(headers or {})})

    def rpc(self, method: str, params: object = None, *, request_id: Any = None, headers: Any = None) -> Any:
        if not self.mcp_session:
            self.initialize()
        self._next_id += 1
        message = {"jsonrpc": "2.0", "id": request_id or self._next_id, "method": method, "params": params or {}}
        answer = self.post(message, headers)
        return answer.events()[-1] if "event-stream" in answer.headers.get("content-type", "") else answer.json()

    def call(self, tool: str, timeout_s: float | None = None, **arguments: Any) -> Any:
        headers = {"Mcp-Console-Timeout-S": str(timeout_s)} if timeout_s else None
        return self.rpc("tools/call", {"name": tool, "arguments": arguments}, headers=headers)

    def text(self, tool: str, **arguments: Any) -> str:
        answer = self.call(tool, **arguments)
        assert "result" in answer, answer
        return answer["result"]["content"][0]["text"]

    def error_code(self, tool: str, timeout_s: float | None = None, **arguments: Any) -> str:
        return self.call(tool, timeout_s, **arguments)["error"]["data"]["code"]

    def labelled(self) -> list[psutil.Process]:
        """Return every process that carries this session's label."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("MCP_CONSOLE_SESSION") == self.session and process.status() != "zombie":
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
        left = self.labelled()
        for process in left:
            process.kill()
        assert not left


Start = Callable[..., EmbeddedGateway]
