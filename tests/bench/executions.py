"""`POST …/exec` of `echo` against the same tool called directly at the server's own Streamable HTTP endpoint."""

import multiprocessing
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.report import Report, p50_ms, p95_ms
from tests.bench.wire import Wire
from tests.support.console import free_port
from tests.support.program import Program
from tests.support.waiting import until

EVERYTHING = "@modelcontextprotocol/server-everything"
ARGUMENTS = {"message": "hello"}
CALLERS = 8


@contextmanager
def direct_server(version: str) -> Iterator[Wire]:
    """Start the real server on Streamable HTTP and yield a connection with an initialised MCP session."""
    port = free_port()
    npx = shutil.which("npx")
    assert npx, "the bench needs Node.js"
    process = subprocess.Popen(
        [npx, "-y", f"{EVERYTHING}@{version}", "streamableHttp"],
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield until(lambda: _connected(port), timeout_s=120)
    finally:
        os.killpg(process.pid, 15)
        process.wait(10)


def _connected(port: int) -> Wire | None:
    wire = Wire(f"http://127.0.0.1:{port}", {"Accept": "application/json, text/event-stream"})
    client = {"name": "bench", "version": "1"}
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    try:
        _s, status, _b, headers = wire.call("POST", "/mcp", rpc(1, "initialize", params))
    except OSError:
        return None
    assert status == 200
    wire.remember("Mcp-Session-Id", headers["mcp-session-id"])
    wire.remember("MCP-Protocol-Version", "2025-11-25")
    wire.call("POST", "/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"})
    return wire


def rpc(number: int, method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def measure(report: Report, program: Program, *, calls: int, seconds: float) -> None:
    entry = program.get("/catalog/servers/everything")
    session = program.session_with("everything")
    path, body = f"/api/v1/sessions/{session}/exec", {"tool": "echo", "arguments": ARGUMENTS}
    ours = Wire(program.url, {"Authorization": f"Bearer {program.token}"})
    with direct_server(entry["package"]["version"]) as direct:
        straight, through = [], []
        for number in range(calls + 30):
            took = direct.call("POST", "/mcp", rpc(number + 2, "tools/call", {"name": "echo", "arguments": ARGUMENTS}))
            assert b"Echo: hello" in took[2]
            straight.append(took[0])
            took = ours.call("POST", path, body)
            assert b"Echo: hello" in took[2]
            through.append(took[0])
        straight, through = straight[30:], through[30:]  # the first ones warm both sides
    ratio = p50_ms(through) / p50_ms(straight)
    text = (
        f"{p50_ms(through):.2f} ms p50, {p95_ms(through):.2f} ms p95; direct {p50_ms(straight):.2f} ms; {ratio:.2f} ×"
    )
    report.add("exec latency", text, "≤ 4 ×", met=ratio <= 4)
    rate = throughput(program, path, body, seconds)
    report.add("exec throughput, 8 callers", f"{rate:.0f}/s", "≥ 300/s", met=rate >= 300)
    program.call("DELETE", f"/sessions/{session}")


def throughput(program: Program, path: str, body: dict[str, Any], seconds: float) -> float:
    """Return calls a second of eight callers in two processes, so that the callers are not what is measured."""
    context = multiprocessing.get_context("spawn")
    counts = context.Queue()
    workers = [
        context.Process(target=_callers, args=(program.url, program.token, path, body, seconds, counts))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    total = sum(counts.get(timeout=seconds + 60) for _ in workers)
    for worker in workers:
        worker.join()
    return float(total / seconds)


def _callers(url: str, token: str, path: str, body: dict[str, Any], seconds: float, counts: Any) -> None:
    done = [0] * (CALLERS // 2)
    stop_at = time.perf_counter() + seconds

    def call(place: int) -> None:
        wire = Wire(url, {"Authorization": f"Bearer {token}"})
        while time.perf_counter() < stop_at:
            _s, status, content, _h = wire.call("POST", path, body)
            assert status == 200, content
            done[place] += 1

    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(done))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts.put(sum(done))
