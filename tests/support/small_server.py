"""A small MCP server over stdio, standard library only: `echo`, `slow`, `crash`."""

import json
import os
import sys
import time
from typing import Any

TOOLS = [{"name": name, "inputSchema": {"type": "object"}} for name in ("echo", "slow", "crash")]


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    if method == "initialize":
        info = {"name": "small", "version": "1"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method != "tools/call":
        return {}
    arguments = params.get("arguments", {})
    if params["name"] == "crash":
        print("its last words", file=sys.stderr, flush=True)
        os._exit(3)
    if params["name"] == "slow":
        time.sleep(arguments["seconds"])
    return {"content": [{"type": "text", "text": str(arguments.get("text", "")) + "!" * arguments.get("more", 0)}]}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = answer(message["method"], message.get("params", {}))
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
