"""Servers as their makers publish them, from PyPI and npm."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateways.specs import ServerSpec
from tests.support.embedded_gateway import REPO, Start
from tests.support.waiting import until

EVERYTHING = "@modelcontextprotocol/server-everything"
needs_npx = pytest.mark.skipif(shutil.which("npx") is None, reason="node: npx is not there")


def test_the_time_server_from_pypi_answers(start: Start) -> None:
    argv = [str(REPO / ".venv" / "bin" / "uv"), "tool", "run", "mcp-server-time", "--local-timezone", "UTC"]
    gateway = start(ServerSpec(name="time", kind="package", argv=argv, env=dict(os.environ)))
    gateway.wait_for("time", timeout_s=120)
    assert "Asia/Tokyo" in gateway.text("time__get_current_time", timezone="Asia/Tokyo")


@pytest.mark.node
@needs_npx
def test_everything_from_npm_answers_text_image_and_structure(start: Start) -> None:
    gateway = start(ServerSpec(name="e", kind="package", argv=["npx", "-y", EVERYTHING], env=dict(os.environ)))
    status = gateway.wait_for("e", timeout_s=120)
    names = {tool["name"] for tool in status["tools"]}
    assert "hi" in gateway.text("e__echo", message="hi")
    adding = "get-sum" if "get-sum" in names else "add"
    assert "5" in gateway.text(f"e__{adding}", a=2, b=3)
    image = "get-tiny-image" if "get-tiny-image" in names else "getTinyImage"
    blocks = gateway.call(f"e__{image}")["result"]["content"]
    assert "image" in [block["type"] for block in blocks]
    structured = "get-structured-content" if "get-structured-content" in names else "structuredContent"
    assert gateway.call(f"e__{structured}", location="New York")["result"]["structuredContent"]


@pytest.fixture
def everything_over_http() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "PORT": str(port)}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        ["npx", "-y", EVERYTHING, "streamableHttp"], env=environment, start_new_session=True, **quiet
    )

    def listening() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(listening, 120)
        yield port
    finally:
        os.killpg(process.pid, 9)
        process.wait(10)


@pytest.mark.node
@needs_npx
def test_everything_over_streamable_http_answers(start: Start, everything_over_http: int, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{everything_over_http}/mcp"
    gateway = start(ServerSpec(name="e", kind="remote", url=url), outbound_allow=["127.0.0.1"])
    gateway.wait_for("e")
    assert "hi" in gateway.text("e__echo", message="hi")
