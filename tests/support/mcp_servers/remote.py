"""A small remote MCP server over HTTP on loopback, with switches for misbehaviour, in plain Python."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any


class RemoteServer:
    """`mode`: json, sse, redirect, forbidden, html, endless, silent. `seen` holds each request's headers."""

    def __init__(self, mode: str = "json") -> None:
        self.mode = mode
        self.seen: list[dict[str, str]] = []
        self.methods: list[str] = []
        self.session = "s-1"
        self.streams: list[Queue[bytes]] = []
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args: Any) -> None:
                return

            def do_POST(self) -> None:
                outer.post(self)

            def do_GET(self) -> None:
                outer.get(self)

            def do_DELETE(self) -> None:
                outer.reply(self, 204, b"")

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.origin = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()

    def reply(self, handler: Any, status: int, body: bytes, kind: str = "application/json", **extra: str) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in extra.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    def get(self, handler: Any) -> None:
        """The legacy transport: a stream that names another path for messages."""
        queue: Queue[bytes] = Queue()
        self.streams.append(queue)
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        elsewhere = "http://127.0.0.1:1/messages" if self.mode == "elsewhere" else "/messages?session=1"
        handler.wfile.write(f"event: endpoint\ndata: {elsewhere}\n\n".encode())
        while not self.closing.is_set():
            if not queue.empty():
                handler.wfile.write(b"event: message\ndata: " + queue.get() + b"\n\n")
            self.closing.wait(0.01)

    def post(self, handler: Any) -> None:
        message = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.seen.append({name.lower(): value for name, value in handler.headers.items()})
        self.methods.append(message.get("method", ""))
        if handler.path.startswith("/messages"):
            self.reply(handler, 202, b"")
            if "id" in message:
                self.streams[-1].put(json.dumps(self.answer(message)).encode())
            return
        if self.mode == "redirect":
            self.reply(handler, 302, b"", Location="http://127.0.0.1:1/")
        elif self.mode == "forbidden":
            self.reply(handler, 401, b"{}", WWW_Authenticate="Bearer")
        elif self.mode == "html":
            self.reply(handler, 200, b"<html>hello</html>", "text/html")
        elif self.mode == "silent":
            self.closing.wait(30)
        elif "id" not in message:
            self.reply(handler, 202, b"")
        elif message["method"] != "initialize" and handler.headers.get("Mcp-Session-Id") != self.session:
            self.reply(handler, 404, b"{}")
        elif self.mode == "endless" and message["method"] == "tools/call":
            self.endless(handler)
        else:
            self.plain(handler, message)

    def plain(self, handler: Any, message: Any) -> None:
        body = json.dumps(self.answer(message)).encode()
        if self.mode != "sse":
            self.reply(handler, 200, body, Mcp_Session_Id=self.session)
            return
        token = (message.get("params", {}).get("_meta") or {}).get("progressToken")
        progress = {"progressToken": token, "progress": 1}
        notice = {"jsonrpc": "2.0", "method": "notifications/progress", "params": progress}
        first = f"id: 1\r\ndata:\r\n\r\ndata: {json.dumps(notice)}\r\n\r\n: a comment\r\n\r\n"
        events = first.encode() + b"data: " + body + b"\r\n\r\n"
        self.reply(handler, 200, events, "text/event-stream", Mcp_Session_Id=self.session)

    def endless(self, handler: Any) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")
        handler.end_headers()
        until = time.monotonic() + 30
        try:
            while time.monotonic() < until:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            return  # the client had enough

    def answer(self, message: Any) -> Any:
        method = message["method"]
        if method == "initialize":
            found: Any = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "r"}}
        elif method == "tools/list":
            found = {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}
        elif message["params"]["arguments"].get("wait"):
            self.closing.wait(30)
            found = {}
        else:
            found = {"content": [{"type": "text", "text": message["params"]["arguments"].get("text", "")}]}
        return {"jsonrpc": "2.0", "id": message["id"], "result": found}
