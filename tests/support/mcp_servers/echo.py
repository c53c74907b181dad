"""A small well-behaved MCP server over stdio, in plain Python, with switches for misbehaviour.

`python echo.py [MODE]`; MODE is "" or one of: dies, rubbish, some-rubbish, hangs, floods, stubborn (ignores SIGTERM
and cancellation), grandchild, endless. Tools: see `TOOLS`.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

MODE = sys.argv[1] if len(sys.argv) > 1 else ""
LOCK = threading.Lock()
CANCELLED: set[object] = set()
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}}
TOOLS = [
    {"name": "echo", "description": "Echoes", "inputSchema": TEXT, "annotations": {"readOnlyHint": True}},
    {"name": "sleep", "inputSchema": {"type": "object"}},
    {"name": "heeds", "inputSchema": {"type": "object"}},
    {"name": "big", "inputSchema": {"type": "object"}},
    {"name": "endless", "inputSchema": {"type": "object"}},
    {"name": "die", "inputSchema": {"type": "object"}},
    {"name": "progress", "inputSchema": {"type": "object"}},
    {"name": "secret", "inputSchema": {"type": "object"}},
    {"name": "environment", "inputSchema": {"type": "object"}},
    {"name": "ask", "inputSchema": {"type": "object"}},
    {"name": "grow", "inputSchema": {"type": "object"}},
    {"name": "deep", "inputSchema": {"type": "object"}},
]
ANSWERS: dict[object, dict] = {}
ANSWERED = threading.Condition()


def say(message: dict) -> None:
    with LOCK:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def text(request_id: object, value: str) -> None:
    say({"id": request_id, "result": {"content": [{"type": "text", "text": value}]}})


def call(request_id: object, params: dict) -> None:
    name, arguments = params["name"], params.get("arguments") or {}
    if name == "echo":
        text(request_id, arguments.get("text", ""))
    elif name == "sleep":
        time.sleep(float(arguments.get("seconds", 3600)))
        text(request_id, "slept")
    elif name == "heeds":
        while request_id not in CANCELLED:
            time.sleep(0.01)
        say({"id": request_id, "error": {"code": 0, "message": "Request cancelled"}})
    elif name == "big":
        text(request_id, "x" * int(arguments["bytes"]))
    elif name == "endless":
        while True:
            os.write(1, b"x" * 65536)
    elif name == "die":
        sys.stderr.write(f"last words {os.environ.get('CANARY', '')}\n")
        sys.stderr.flush()
        os._exit(3)
    elif name == "progress":
        token = (params.get("_meta") or {}).get("progressToken")
        for step in range(3):
            sent = {"progressToken": token, "progress": step, "total": 3}
            say({"method": "notifications/progress", "params": sent})
        text(request_id, "done")
    elif name == "secret":
        canary = os.environ["CANARY"]
        sys.stderr.write(f"the key is {canary}\n")
        sys.stderr.flush()
        inner = json.dumps({"key": canary, canary: 1})
        blocks = [{"type": "text", "text": canary}, {"type": "text", "text": inner}]
        say({"id": request_id, "result": {"content": blocks, "structuredContent": {canary: [canary]}}})
    elif name == "environment":
        text(request_id, json.dumps(dict(os.environ)))
    elif name == "ask":
        say({"id": "mine", "method": arguments["method"], "params": {}})
        with ANSWERED:
            ANSWERED.wait_for(lambda: "mine" in ANSWERS, 5)
        text(request_id, json.dumps(ANSWERS.pop("mine")))
    elif name == "grow":
        TOOLS.append({"name": "grown", "inputSchema": {"type": "object"}})
        say({"method": "notifications/tools/list_changed"})
        text(request_id, "grew")
    elif name == "deep":
        with LOCK:
            sys.stdout.write('{"jsonrpc":"2.0","id":%d,"result":%s}\n' % (request_id, "[" * 5000 + "]" * 5000))  # noqa: UP031
            sys.stdout.flush()
        text(request_id, "after")
    else:
        say({"id": request_id, "error": {"code": -32602, "message": "no such tool"}})


def handle(message: dict) -> None:
    method, request_id = message.get("method"), message.get("id")
    if method == "initialize":
        info = {"name": "echo", "version": "1"}
        version = message["params"]["protocolVersion"]
        say(
            {
                "id": request_id,
                "result": {
                    "protocolVersion": version,
                    "capabilities": {"tools": {"listChanged": True}, "resources": {}, "prompts": {}},
                    "serverInfo": info,
                },
            }
        )
    elif method == "tools/list":  # in two pages
        if (message.get("params") or {}).get("cursor"):
            say({"id": request_id, "result": {"tools": TOOLS[6:]}})
        else:
            say({"id": request_id, "result": {"tools": TOOLS[:6], "nextCursor": "2"}})
    elif method == "tools/call":
        threading.Thread(target=call, args=(request_id, message["params"]), daemon=True).start()
    elif method == "resources/list":
        say({"id": request_id, "result": {"resources": [{"uri": "echo://one", "name": "one"}]}})
    elif method == "resources/templates/list":
        say({"id": request_id, "result": {"resourceTemplates": []}})
    elif method == "resources/read":
        uri = message["params"]["uri"]
        say({"id": request_id, "result": {"contents": [{"uri": uri, "text": "one"}]}})
    elif method == "prompts/list":
        say({"id": request_id, "result": {"prompts": [{"name": "greet"}]}})
    elif method == "prompts/get":
        said = {"role": "user", "content": {"type": "text", "text": message["params"]["name"]}}
        say({"id": request_id, "result": {"messages": [said]}})
    elif method == "notifications/cancelled":
        CANCELLED.add(message["params"]["requestId"])
    elif method is None:
        with ANSWERED:
            ANSWERS[request_id] = message
            ANSWERED.notify_all()


def misbehave() -> None:
    if MODE == "dies":
        sys.stderr.write(f"cannot log in with {os.environ.get('CANARY', '')}\n")
        sys.stderr.flush()
        sys.exit(9)
    elif MODE == "rubbish":
        for number in range(1000):
            sys.stdout.write(f"rubbish {number}\n")
        sys.stdout.flush()
    elif MODE == "some-rubbish":
        sys.stdout.write("Welcome to the server!\n[1, 2]\n\n")
        sys.stdout.flush()
    elif MODE == "hangs":
        time.sleep(3600)
    elif MODE == "floods":
        while True:
            os.write(1, b"flood " * 1000)
    elif MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif MODE == "grandchild":
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        sleeper = [sys.executable, "-c", "import time; time.sleep(3600)"]
        subprocess.Popen(sleeper, **quiet)
        subprocess.Popen(sleeper, start_new_session=True, **quiet)


misbehave()
for line in sys.stdin:
    handle(json.loads(line))
if MODE == "stubborn":
    time.sleep(3600)
