"""Calls through the real program to a real child."""

import json
import threading

from tests.support.embedded_gateway import Start, echo_spec
from tests.support.waiting import until


def test_it_lists_all_pages_of_tools_under_qualified_names(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.wait_for()
    tools = gateway.rpc("tools/list")["result"]["tools"]
    assert len(tools) == 12
    assert tools[0] == {
        "name": "echo__echo",
        "description": "Echoes",
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
        "annotations": {"readOnlyHint": True},
        "_meta": {"mcp-console/server": "echo", "mcp-console/tool": "echo"},
    }


def test_it_forwards_a_call_and_keeps_the_clients_id(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.initialize()
    answer = gateway.rpc("tools/call", {"name": "echo__echo", "arguments": {"text": "täxt 時"}}, request_id="mine")
    assert answer["id"] == "mine"
    assert answer["result"]["content"] == [{"type": "text", "text": "täxt 時"}]


def test_a_call_waits_for_a_server_that_is_starting(start: Start) -> None:
    gateway = start(echo_spec())
    assert gateway.text("echo__echo", text="early") == "early"


def test_it_answers_an_unknown_tool_and_an_unknown_server_alike(start: Start) -> None:
    gateway = start(echo_spec())
    for name in ("echo__nothing", "nobody__echo", "echo", ""):
        problem = gateway.call(name)["error"]
        assert (problem["code"], problem["data"]["code"]) == (-32602, "exec.tool.unknown")


def test_the_longest_server_name_owns_a_tool(start: Start) -> None:
    gateway = start(echo_spec("a"), echo_spec("a__b"))
    assert gateway.text("a__b__echo", text="b") == "b"
    assert gateway.text("a__echo", text="a") == "a"


def test_a_timed_out_call_is_answered_at_once_and_a_deaf_child_is_restarted(start: Start) -> None:
    gateway = start(echo_spec(mode="stubborn"))
    pid = gateway.wait_for()["pid"]
    answer = gateway.call("echo__sleep", 0.3)
    assert answer["error"] == {"code": -32001, "message": "timed out", "data": {"code": "exec.timeout"}}
    until(lambda: (found := gateway.status()) and found["state"] == "ready" and found["pid"] != pid)
    assert gateway.text("echo__echo", text="again") == "again"


def test_a_child_that_heeds_the_cancellation_is_kept(start: Start) -> None:
    gateway = start(echo_spec())
    pid = gateway.wait_for()["pid"]
    assert gateway.error_code("echo__heeds", 0.2) == "exec.timeout"
    assert gateway.error_code("echo__sleep", 2.5) == "exec.timeout"  # longer than the grace of the first
    assert gateway.status()["pid"] == pid


def test_a_clients_cancellation_ends_its_call(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.wait_for()
    gateway.initialize()
    answers = []
    params = {"name": "echo__heeds", "arguments": {}}
    caller = threading.Thread(target=lambda: answers.append(gateway.rpc("tools/call", params, request_id="e-1")))
    caller.start()
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "e-1"}}

    def ended() -> bool:
        assert gateway.post(cancel).status == 202
        return bool(answers)

    until(ended)
    caller.join()
    assert answers[0]["error"]["data"]["code"] == "exec.cancelled"


def test_progress_reaches_the_client_with_its_own_token(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.wait_for()
    gateway.initialize()
    params = {"name": "echo__progress", "_meta": {"progressToken": "p-7"}}
    answer = gateway.post({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params})
    *notices, last = answer.events()
    assert [notice["params"]["progressToken"] for notice in notices] == ["p-7"] * 3
    assert [notice["params"]["progress"] for notice in notices] == [0, 1, 2]
    assert last["id"] == 5
    assert last["result"]["content"][0]["text"] == "done"


def test_it_declines_what_the_server_asks_but_a_ping(start: Start) -> None:
    gateway = start(echo_spec())
    assert json.loads(gateway.text("echo__ask", method="ping"))["result"] == {}
    assert json.loads(gateway.text("echo__ask", method="sampling/createMessage"))["error"]["code"] == -32601


def test_a_changed_tool_list_becomes_a_new_status(start: Start) -> None:
    gateway = start(echo_spec())
    gateway.wait_for()
    before = gateway.state()["seq"]
    gateway.text("echo__grow")
    until(lambda: "grown" in [tool["name"] for tool in gateway.status()["tools"]])
    assert gateway.state()["seq"] > before


def test_resources_and_prompts_are_merged_and_found_again(start: Start) -> None:
    gateway = start(echo_spec(), echo_spec("other"))
    gateway.wait_for()
    gateway.wait_for("other")
    listed = gateway.rpc("resources/list")["result"]["resources"]
    assert [item["_meta"]["mcp-console/server"] for item in listed] == ["echo", "other"]
    assert gateway.rpc("resources/read", {"uri": "echo://one"})["result"]["contents"][0]["text"] == "one"
    assert gateway.rpc("resources/templates/list")["result"] == {"resourceTemplates": []}
    assert [item["name"] for item in gateway.rpc("prompts/list")["result"]["prompts"]] == [
        "echo__greet",
        "other__greet",
    ]
    got = gateway.rpc("prompts/get", {"name": "other__greet"})["result"]["messages"][0]
    assert got["content"]["text"] == "greet"


def test_a_child_gets_exactly_its_environment(start: Start) -> None:
    gateway = start(echo_spec(env={"PATH": "/usr/bin:/bin", "ONLY": "this"}))
    found = json.loads(gateway.text("echo__environment"))
    found.pop("LC_CTYPE", None)  # Python coerces the locale of its own process (PEP 538)
    assert found == {"PATH": "/usr/bin:/bin", "ONLY": "this", "MCP_CONSOLE_SESSION": gateway.session}
