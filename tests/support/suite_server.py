"""A small MCP server over stdio, standard library only: what the suite's package runs. One tool for each behaviour."""

import json
import os
import sys
import time
from typing import Any

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TOOLS: dict[str, dict[str, Any]] = {
    "echo": TEXT,
    "fail": TEXT,
    "environment": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    "arguments": {"type": "object"},
    "slow": {"type": "object", "properties": {"seconds": {"type": "number"}}, "required": ["seconds"]},
    "crash": {"type": "object"},
    "print": {"type": "object", "properties": {"bytes": {"type": "integer"}}, "required": ["bytes"]},
    "structured": {"type": "object"},
}


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": value}], **more}


def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if name == "echo":
        return text(arguments["text"])
    if name == "fail":
        return text(arguments["text"], isError=True)
    if name == "environment":
        return text(os.environ.get(arguments["name"], "(not set)"))
    if name == "arguments":
        return text(json.dumps(sys.argv[1:]))
    if name == "slow":
        time.sleep(arguments["seconds"])
        return text("slept")
    if name == "print":
        return text("x" * arguments["bytes"])
    if name == "structured":
        content = [{"type": "text", "text": "one"}, {"type": "image", "data": "AA==", "mimeType": "image/png"}]
        return {"content": [*content, {"type": "text", "text": "two"}], "structuredContent": {"n": 1}}
    sys.stderr.write("the server gives up\n")
    sys.stderr.flush()
    os._exit(3)


def answer(message: dict[str, Any]) -> dict[str, Any]:
    method, params = message["method"], message.get("params") or {}
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}, "resources": {}, "prompts": {}},
            "serverInfo": {"name": "suite", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": [{"name": name, "description": name, "inputSchema": TOOLS[name]} for name in TOOLS]}
    if method == "resources/list":
        return {"resources": [{"uri": "suite://one", "name": "one"}]}
    if method == "prompts/list":
        return {"prompts": [{"name": "greet", "description": "Greets"}]}
    if method == "tools/call":
        return call(params["name"], params.get("arguments") or {})
    return {}


def main() -> None:
    if "--die" in sys.argv:
        sys.stderr.write("cannot open the library\n")
        raise SystemExit(4)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message and "method" in message:
            reply = {"jsonrpc": "2.0", "id": message["id"], "result": answer(message)}
            sys.stdout.write(json.dumps(reply) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
