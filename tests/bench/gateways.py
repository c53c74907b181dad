"""Cold start of a gateway against the server's own start, and the memory of one gateway process."""

import json
import os
import subprocess
import time
from pathlib import Path

import psutil

from tests.bench.report import Report, p50_ms
from tests.bench.wire import Wire
from tests.support.program import Program

HANDSHAKE = [
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
]


def measure_starts(report: Report, program: Program, *, starts: int) -> None:
    """Interleave: the server alone, from its command to its tools; and a fresh session, from add to tools listed."""
    server = _time_server(program)
    program.call("DELETE", f"/sessions/{program.session_with(server)}")  # downloads once
    session = program.session_with(server)  # shows how the console starts the server from then on
    alone_argv, alone_env = _launch_of_child(
        session
    )  # its session stays, and with it the folder that the server runs in
    alone, ours = [], []
    for _round in range(starts):
        alone.append(_start_alone(alone_argv, alone_env))
        status, made = program.call("POST", "/sessions", {})
        assert status == 201
        began = time.perf_counter()
        status, added = program.call("POST", f"/sessions/{made['id']}/servers", {"server": server})
        assert added["tools"], added
        ours.append(time.perf_counter() - began)
        program.call("DELETE", f"/sessions/{made['id']}")
    program.call("DELETE", f"/sessions/{session}")
    ratio = p50_ms(ours) / p50_ms(alone)
    text = f"{p50_ms(ours):.0f} ms p50; server alone {p50_ms(alone):.0f} ms; {ratio:.2f} ×"
    report.add("gateway cold start", text, "≤ 1.3 ×", met=ratio <= 1.3)


def _time_server(program: Program) -> str:
    """Return the entry that runs the package: beside Docker's catalogue it gives way to the image's name."""
    entry = program.get("/catalog/servers/time")
    return "time" if entry["kind"] == "package" else "time-package"


def _launch_of_child(session: str) -> tuple[list[str], dict[str, str]]:
    """Return how the running gateway started the time server: the same command for both sides."""
    for process in psutil.process_iter():
        try:
            command, parent = process.cmdline(), process.parent()
            above = " ".join(parent.cmdline()) if parent else ""
            if "gateways.embedded" in above and session in above and "mcp-server-time" in " ".join(command):
                return command, process.environ()
        except psutil.Error:
            continue
    raise AssertionError("the time server's process was not found under the gateway")


def _start_alone(argv: list[str], env: dict[str, str]) -> float:
    folder = Path(env["HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    began = time.perf_counter()
    process = subprocess.Popen(
        argv, env=env, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin as to, process.stdout as answers:
        to.write("".join(json.dumps(message) + "\n" for message in HANDSHAKE[:1]).encode())
        to.flush()
        answers.readline()
        to.write("".join(json.dumps(message) + "\n" for message in HANDSHAKE[1:]).encode())
        to.flush()
        assert b'"tools"' in answers.readline()
        took = time.perf_counter() - began
    process.wait(20)
    return took


def measure_memory(report: Report, program: Program, *, calls: int = 1000) -> None:
    """One stdio child and one remote server over TLS in one gateway; then its growth over a thousand calls."""
    server = _time_server(program)
    session = program.session_with(server)
    status, added = program.call("POST", f"/sessions/{session}/servers", {"server": "bench-remote"})
    assert (status, added["state"]) == (201, "ready"), added
    assert program.run(session, "hello", {})["exit_code"] == 0
    gateway = _gateway_of(session)
    before = gateway.memory_info().rss / 1e6
    wire = Wire(program.url, {"Authorization": f"Bearer {program.token}"})
    body = {"tool": "get_current_time", "server": server, "arguments": {"timezone": "Asia/Tokyo"}}
    for _call in range(calls):
        assert wire.call("POST", f"/api/v1/sessions/{session}/exec", body)[1] == 200
    grown = gateway.memory_info().rss / 1e6 - before
    text = f"{before:.1f} MB with a stdio child and a remote TLS server; +{grown:.2f} MB after {calls} calls"
    report.add("gateway memory", text, "≤ 25 MB, ≤ 2 MB growth per 1,000 calls", met=before <= 25 and grown <= 2)
    program.call("DELETE", f"/sessions/{session}")


def _gateway_of(session: str) -> psutil.Process:
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if "gateways.embedded" in command and session in command and process.pid != os.getpid():
            return process
    raise AssertionError("the session's gateway process was not found")
