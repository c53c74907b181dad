"""The program's HTTP side: who may ask, what is bounded, and the two wires."""

import json
import socket
import threading
import time
from typing import Any

from tests.support.embedded_gateway import BEARER, EmbeddedGateway, Start, echo_spec
from tests.support.waiting import until

MODERN = "2026-07-28"
VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


def modern(gateway: EmbeddedGateway, method: str, *, version: str = MODERN, **params: Any) -> Any:
    envelope = {VERSION: version, CAPABILITIES: {}}
    headers = {"MCP-Protocol-Version": version, "Mcp-Method": method}
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    return gateway.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": envelope}}, headers)


def test_every_path_asks_for_the_bearer(start: Start) -> None:
    gateway = start()
    for method, path in (("GET", "/healthcheck"), ("POST", "/mcp"), ("POST", "/control/stop"), ("GET", "/nowhere")):
        for given in ("", "Bearer wrong", f"Basic {BEARER}", f"Bearer {BEARER}x"):
            assert gateway.http(method, path, headers={"Authorization": given}).status == 401
    assert gateway.http("GET", "/healthcheck").json() == {"ok": True}


def test_it_refuses_a_foreign_host_and_a_foreign_origin(start: Start) -> None:
    gateway = start()
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert gateway.http("GET", "/healthcheck", headers=headers).status == 403
    assert gateway.http("GET", "/healthcheck", headers={"Host": f"localhost:{gateway.port}"}).status == 200


def test_it_refuses_what_is_too_large_or_malformed(start: Start) -> None:
    gateway = start()
    assert gateway.post(b"x" * (4 * 1024 * 1024 + 1)).status == 413
    assert gateway.post(b"not json").json()["error"]["code"] == -32700
    assert gateway.post(b"[" * 100 + b"]" * 100).json()["error"]["code"] == -32700
    assert gateway.post([{"jsonrpc": "2.0", "id": 1, "method": "ping"}]).status == 400
    assert gateway.http("PUT", "/mcp").status == 405
    with socket.create_connection(("127.0.0.1", gateway.port)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000 + b"\r\n\r\n")
        assert raw.recv(100).split()[1] in (b"431", b"400")
    assert gateway.http("GET", "/healthcheck").status == 200


def test_an_unknown_session_is_404_and_none_is_400(start: Start) -> None:
    gateway = start()
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert gateway.post(ping).status == 400
    assert gateway.post(ping, {"Mcp-Session-Id": "from-another-start"}).status == 404
    gateway.initialize()
    assert gateway.post(ping).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert gateway.http("DELETE", "/mcp", headers={"Mcp-Session-Id": gateway.mcp_session}).status == 204
    assert gateway.post(ping).status == 404


def test_the_stateless_wire_needs_no_session(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.wait_for()
    found = modern(gateway, "server/discover").json()["result"]
    assert MODERN in found["supportedVersions"]
    assert (found["resultType"], found["cacheScope"], found["ttlMs"]) == ("complete", "private", 0)
    answer = modern(gateway, "tools/call", name="echo__echo", arguments={"text": "t"}).json()["result"]
    assert answer["content"] == [{"type": "text", "text": "t"}]
    assert answer["resultType"] == "complete"
    assert len(modern(gateway, "tools/list").json()["result"]["tools"]) == 12


def test_the_stateless_wire_refuses_what_does_not_agree(start: Start) -> None:
    gateway = start()
    refused = modern(gateway, "tools/list", version="2027-01-01")
    assert (refused.status, refused.json()["error"]["code"]) == (400, -32022)
    assert MODERN in refused.json()["error"]["data"]["supported"]
    unknown = modern(gateway, "subscriptions/none")
    assert (unknown.status, unknown.json()["error"]["code"]) == (404, -32601)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {VERSION: MODERN, CAPABILITIES: {}}}}
    mismatch = gateway.post(body, {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call"})
    assert (mismatch.status, mismatch.json()["error"]["code"]) == (400, -32020)
    assert gateway.post(body, {"Mcp-Method": "tools/list"}).json()["error"]["code"] == -32020


def test_hanging_up_on_the_stateless_wire_cancels_the_call(start: Start) -> None:
    gateway = start(echo_spec(mode="stubborn"))
    pid = gateway.wait_for()["pid"]
    meta = {VERSION: MODERN, CAPABILITIES: {}}
    params = {"name": "echo__sleep", "arguments": {}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    connection = gateway.connect()
    headers = {"Authorization": f"Bearer {BEARER}", "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call"}
    connection.request("POST", "/mcp", body, {**headers, "Mcp-Name": "echo__sleep"})
    connection.close()
    until(lambda: gateway.status()["pid"] not in (pid, None))


def test_more_than_64_waiting_requests_are_told_to_come_again(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.wait_for()
    gateway.initialize()
    statuses: list[int] = []
    body = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "echo__sleep", "arguments": {"seconds": 3}}}

    def one(number: int) -> None:
        statuses.append(gateway.post({**body, "id": number}).status)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(70)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (statuses.count(200), statuses.count(503)) == (64, 6)


def test_the_state_waits_for_a_change_and_no_longer(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.wait_for()
    until(lambda: not gateway.state()["pending"])
    seq = gateway.state()["seq"]
    begun = time.monotonic()
    assert gateway.state(after=seq, wait_s=0.3)["seq"] == seq
    assert 0.25 < time.monotonic() - begun < 2
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(gateway.state(after=seq, wait_s=20)))
    waiter.start()
    gateway.apply([echo_spec(), echo_spec("late")])
    waiter.join(5)
    assert answers[0]["seq"] > seq
    assert (answers[0]["revision"], answers[0]["pending"]) == (2, True)


def test_a_changed_server_is_restarted_and_an_unchanged_one_left_alone(start: Start) -> None:
    gateway = start(echo_spec("a"), echo_spec("b"))
    old_a, old_b = gateway.wait_for("a")["pid"], gateway.wait_for("b")["pid"]
    gateway.apply([echo_spec("a"), echo_spec("b", mode="some-rubbish")])
    until(lambda: gateway.status("b")["state"] == "ready" and gateway.status("b")["pid"] not in (old_b, None))
    assert gateway.status("a")["pid"] == old_a
    assert gateway.state()["removed"] == {}


def test_a_broken_servers_file_changes_nothing(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.wait_for()
    (gateway.folder / "servers.json").write_text('{"revision": 9')
    assert gateway.http("POST", "/control/apply").status == 422
    assert gateway.status()["state"] == "ready"


def test_an_idle_stream_tells_when_to_come_again(start: Start) -> None:
    gateway = start()
    gateway.initialize()
    connection = gateway.connect()
    headers = {"Authorization": f"Bearer {BEARER}", "Accept": "text/event-stream"}
    connection.request("GET", "/mcp", headers={**headers, "Mcp-Session-Id": gateway.mcp_session})
    response = connection.getresponse()
    assert response.readline() == b"retry: 1000\n"
    connection.close()
