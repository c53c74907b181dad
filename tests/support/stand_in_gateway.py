"""A small gateway that speaks the contract between the console and its gateway program, standard library only.

For tests of the console's side that need a gateway to misbehave on demand: tools `echo`, `slow`, `crash`, `forget`.
"""

import argparse
import json
import os
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Gateway:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = json.loads((folder / "gateway.json").read_text())
        self.turn = threading.Condition()
        self.seq, self.revision, self.sessions = 1, 0, set[str]()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.removed: dict[str, dict[str, int]] = {}

    def apply(self) -> int:
        wanted = json.loads((self.folder / "servers.json").read_text())
        specs = {spec["name"]: spec for spec in wanted["servers"]}
        with self.turn:
            for name in set(self.children) - set(specs):
                child = self.children.pop(name)
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                self.removed[name] = {"processes_stopped": 1, "files_removed": 0, "left_over": 0}
            for name in set(specs) - set(self.children):
                spec = specs[name]
                self.children[name] = subprocess.Popen(spec["argv"], env=spec["env"], start_new_session=True)
            self.seq, self.revision = self.seq + 1, wanted["revision"]
            self.turn.notify_all()
        return self.revision

    def state(self, after: int, wait_s: float) -> dict[str, Any]:
        with self.turn:
            self.turn.wait_for(lambda: self.seq > after, wait_s)
            tool = {"name": "echo", "inputSchema": {"type": "object"}}
            servers = [
                {"name": name, "state": "ready", "tools": [tool], "pid": child.pid}
                for name, child in self.children.items()
            ]
            return {
                "seq": self.seq,
                "revision": self.revision,
                "pending": False,
                "servers": servers,
                "removed": self.removed,
            }

    def stop(self) -> dict[str, int]:
        with self.turn:
            for child in self.children.values():
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        return {"processes_stopped": len(self.children), "files_removed": 0, "left_over": 0}

    def rpc(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "initialize":
            return {"result": {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "stand-in"}}}
        name = message.get("params", {}).get("name", "").rpartition("__")[2]
        if name == "echo":
            return {"result": {"content": [{"type": "text", "text": message["params"]["arguments"]["text"]}]}}
        if name == "slow":
            time.sleep(message["params"]["arguments"]["seconds"])
            return {"result": {"content": []}}
        if name == "forget":
            self.sessions.clear()
            return {"result": {"content": []}}
        if name == "crash":
            return _error("server.crashed", "its last words")
        return _error("exec.tool.unknown", "no such tool")


def _error(code: str, detail: str) -> dict[str, Any]:
    return {"error": {"code": -32000, "message": "failed", "data": {"code": code, "detail": detail}}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gateway: Gateway

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/healthcheck":
            return self.answer(200, {})
        asked = dict(part.split("=") for part in query.split("&"))
        return self.answer(200, self.gateway.state(int(asked["after"]), float(asked["wait_s"])))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/control/apply":
            return self.answer(202, {"revision": self.gateway.apply()})
        if self.path == "/control/stop":
            self.answer(200, self.gateway.stop())
            return os._exit(0)
        return self.mcp(body)

    def mcp(self, message: dict[str, Any]) -> None:
        session = self.headers.get("Mcp-Session-Id", "")
        if message["method"] == "initialize":
            session = f"session-{time.monotonic_ns()}"
            self.gateway.sessions.add(session)
        elif session not in self.gateway.sessions:
            return self.answer(404, {})
        if "id" not in message:
            return self.answer(202, None)
        answer = {"jsonrpc": "2.0", "id": message["id"], **self.gateway.rpc(message)}
        return self.answer(200, answer, {"Mcp-Session-Id": session})

    def answer(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
        if self.headers.get("Authorization") != f"Bearer {self.gateway.settings['bearer']}":
            status, data = 401, {}
        body = b"" if data is None else json.dumps(data).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", type=Path, required=True)
    folder = parser.parse_args().dir
    Handler.gateway = Gateway(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    draft = folder / ".endpoint"
    draft.write_text(json.dumps({"port": server.server_address[1], "pid": os.getpid(), "revision": 0}))
    draft.rename(folder / "endpoint.json")
    server.serve_forever()


if __name__ == "__main__":
    main()
