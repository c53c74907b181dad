"""Remote servers through the real program: both transports, the session, the bearer, and servers that misbehave."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateways.specs import ServerSpec
from tests.support.embedded_gateway import Start
from tests.support.mcp_servers.remote import RemoteServer

ALLOW = {"outbound_allow": ["127.0.0.1"]}
Begin = Callable[..., RemoteServer]


@pytest.fixture
def remote() -> Iterator[Begin]:
    running: list[RemoteServer] = []

    def begin(mode: str = "json") -> RemoteServer:
        running.append(RemoteServer(mode))
        return running[-1]

    yield begin
    for server in running:
        server.close()


def spec(server: RemoteServer, path: str = "/mcp", **fields: Any) -> ServerSpec:
    return ServerSpec(name="r", kind="remote", url=server.origin + path, **fields)


@pytest.mark.parametrize("mode", ["json", "sse"])
def test_it_forwards_calls_to_a_remote_server(start: Start, remote: Begin, mode: str) -> None:
    server = remote(mode)
    gateway = start(spec(server, headers={"X-Team": "blue"}), **ALLOW)
    assert gateway.text("r__echo", text="far") == "far"
    last = server.seen[-1]
    assert (last["mcp-session-id"], last["mcp-protocol-version"], last["x-team"]) == ("s-1", "2025-11-25", "blue")


def test_progress_of_a_remote_server_passes_through(start: Start, remote: Begin) -> None:
    gateway = start(spec(remote("sse")), **ALLOW)
    gateway.wait_for("r")
    gateway.initialize()
    params = {"name": "r__echo", "arguments": {"text": "t"}, "_meta": {"progressToken": 42}}
    events = gateway.post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).events()
    assert events[0]["params"] == {"progressToken": 42, "progress": 1}
    assert events[-1]["result"]["content"][0]["text"] == "t"


def test_the_bearer_is_read_anew_for_each_request(start: Start, remote: Begin, tmp_path: Path) -> None:
    server, bearer = remote(), tmp_path / "bearer"
    bearer.write_text("first-token\n")
    gateway = start(spec(server, bearer_file=str(bearer)), **ALLOW)
    gateway.wait_for("r")
    bearer.write_text("second-token")
    gateway.text("r__echo", text="t")
    assert server.seen[0]["authorization"] == "Bearer first-token"
    assert server.seen[-1]["authorization"] == "Bearer second-token"


def test_a_forgotten_session_is_initialised_again_once(start: Start, remote: Begin) -> None:
    server = remote()
    gateway = start(spec(server), **ALLOW)
    gateway.wait_for("r")
    server.session = "s-2"
    assert gateway.text("r__echo", text="again") == "again"
    assert server.methods.count("initialize") == 2


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("forbidden", "server.unauthorized"), ("redirect", "server.unreachable"), ("html", "server.bad_output")],
)
def test_a_remote_server_that_cannot_be_used_is_failed_with_its_reason(
    start: Start, remote: Begin, mode: str, reason: str
) -> None:
    gateway = start(spec(remote(mode)), **ALLOW)
    assert gateway.wait_for("r", "failed")["reason_code"] == reason


def test_a_silent_remote_server_times_out(start: Start, remote: Begin) -> None:
    gateway = start(spec(remote("silent"), start_timeout_s=0.5), **ALLOW)
    assert gateway.wait_for("r", "failed")["reason_code"] == "server.start_timeout"


def test_it_refuses_a_loopback_server_that_is_not_allowed(start: Start, remote: Begin) -> None:
    server = remote()
    gateway = start(spec(server))
    status = gateway.wait_for("r", "failed")
    assert status["reason_code"] == "server.unreachable"
    assert server.seen == []


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1/", "https://169.254.169.254/", "https://[::ffff:10.0.0.1]/", "https://localtest/"]
)
def test_it_refuses_addresses_that_are_not_public(start: Start, url: str) -> None:
    gateway = start(ServerSpec(name="r", kind="remote", url=url))
    assert gateway.wait_for("r", "failed")["reason_code"] == "server.unreachable"


def test_an_endless_answer_is_cut_off(start: Start, remote: Begin) -> None:
    gateway = start(spec(remote("endless")), **ALLOW)
    gateway.wait_for("r")
    assert gateway.error_code("r__echo", 20) == "exec.output.too_large"


def test_a_remote_call_times_out_and_is_cancelled_there(start: Start, remote: Begin) -> None:
    gateway = start(spec(remote()), **ALLOW)
    gateway.wait_for("r")
    assert gateway.error_code("r__echo", 0.3, wait=True) == "exec.timeout"


def test_the_legacy_transport_works(start: Start, remote: Begin) -> None:
    gateway = start(spec(remote(), "/sse", transport="sse"), **ALLOW)
    assert gateway.text("r__echo", text="old") == "old"


def test_a_legacy_endpoint_on_another_origin_is_refused(start: Start, remote: Begin) -> None:
    server = remote("elsewhere")
    gateway = start(spec(server, "/sse", transport="sse"), **ALLOW)
    assert gateway.wait_for("r", "failed")["reason_code"] == "server.unreachable"
    assert server.methods == []
