"""A remote MCP server that tells everything it was sent: its errors and outputs repeat the request's headers."""

import json
from typing import Any

from tests.support.mcp_servers.remote import RemoteServer


class TellingRemote(RemoteServer):
    """`mode` "telling": tools/call answers an error with the headers; "refusing": so does every request, with 500.

    `catalogue` is what a GET answers.
    """

    def __init__(self, mode: str = "telling") -> None:
        self.catalogue = ""
        super().__init__(mode)

    def get(self, handler: Any) -> None:
        self.reply(handler, 200, self.catalogue.encode(), "application/yaml")

    def post(self, handler: Any) -> None:
        if self.mode == "refusing":
            handler.rfile.read(int(handler.headers["Content-Length"]))
            self.reply(handler, 500, self._told(handler, 1))
        else:
            super().post(handler)

    def plain(self, handler: Any, message: Any) -> None:
        if message["method"] == "tools/call":
            self.reply(handler, 200, self._told(handler, message["id"]))
        else:
            extra = {"Mcp_Session_Id": self.session} if message["method"] == "initialize" else {}
            self.reply(handler, 200, json.dumps(self.answer(message)).encode(), **extra)

    def _told(self, handler: Any, number: Any) -> bytes:
        told = f"refused: {handler.path} {dict(handler.headers.items())}"
        return json.dumps({"jsonrpc": "2.0", "id": number, "error": {"code": -32000, "message": told}}).encode()
