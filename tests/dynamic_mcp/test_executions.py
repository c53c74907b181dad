"""Running tools, against a real server in a real gateway process."""

import threading
from datetime import timedelta
from typing import Any

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent, Verb
from dynamic_mcp.models import Execution, Session, SessionServer
from dynamic_mcp.tasks import tidy
from dynamic_mcp.waiting import wait_until
from gateways import services as gateways
from tests.support.cast import Cast
from tests.support.sessions import Api, entry_make


@pytest.fixture
def session(live: Api) -> str:
    entry_make("echo")
    session = live.session()
    added = live.add(session)
    assert added["state"] == "ready", added
    return session


def test_it_runs_a_tool_and_answers_output_exit_code_and_times(live: Api, session: str) -> None:
    answer = live.run(session, "echo", {"text": "hello"})
    assert (answer["output"], answer["exit_code"], answer["state"]) == ("hello", 0, "finished")
    assert answer["content"] == [{"type": "text", "text": "hello"}]
    assert answer["server"] == "echo"
    assert answer["started_at"] <= answer["finished_at"]
    assert answer["duration_ms"] > 0


def test_it_joins_text_blocks_and_keeps_the_others(live: Api, session: str) -> None:
    answer = live.run(session, "structured")
    assert answer["output"] == "one\ntwo"
    assert [block["type"] for block in answer["content"]] == ["text", "image", "text"]
    assert answer["structured_content"] == {"n": 1}


def test_a_tools_own_error_is_exit_code_1(live: Api, session: str) -> None:
    answer = live.run(session, "fail", {"text": "no luck"})
    assert (answer["exit_code"], answer["output"], answer["reason_code"]) == (1, "no luck", "exec.tool.error")


def test_arguments_against_the_schema_are_exit_code_2_and_name_the_path(live: Api, session: str) -> None:
    answer = live.run(session, "echo", {"text": 5})
    assert (answer["exit_code"], answer["reason_code"]) == (2, "exec.arguments.invalid")
    assert answer["output"].startswith("text: ")


def test_an_unknown_tool_is_exit_code_127(live: Api, session: str) -> None:
    assert live.run(session, "nosuch")["exit_code"] == 127


def test_a_tool_that_takes_too_long_is_exit_code_124(live: Api, session: str) -> None:
    answer = live.run(session, "slow", {"seconds": 30}, timeout_s=1)
    assert (answer["exit_code"], answer["state"]) == (124, "finished")


def test_a_server_that_dies_in_a_call_is_exit_code_137(live: Api, session: str) -> None:
    answer = live.run(session, "crash")
    assert (answer["exit_code"], answer["state"]) == (137, "lost")


def test_it_refuses_a_time_out_above_600_seconds_and_an_unknown_server(live: Api, session: str) -> None:
    assert live.call("POST", f"/sessions/{session}/exec", {"tool": "echo", "timeout_s": 601})[0] == 422
    assert live.call("POST", f"/sessions/{session}/exec", {"tool": "echo", "server": "nosuch"})[0] == 404


def test_a_tool_that_two_servers_have_needs_the_servers_name(live: Api, session: str) -> None:
    entry_make("echo2")
    assert live.add(session, "echo2")["state"] == "ready"
    status, problem = live.call("POST", f"/sessions/{session}/exec", {"tool": "echo", "arguments": {"text": "x"}})
    assert (status, problem["code"]) == (422, "exec.tool.ambiguous")
    assert live.run(session, "echo", {"text": "x"}, server="echo2")["server"] == "echo2"


def test_a_tool_that_prints_without_end_is_cut_and_says_so(live: Api, session: str, settings) -> None:
    settings.EXEC_OUTPUT_MAX_BYTES = 1000
    answer = live.run(session, "print", {"bytes": 5000})
    assert answer["exit_code"] == 0
    assert (len(answer["output"]), answer["output_truncated"], answer["output_bytes"]) == (1000, True, 5000)


def test_a_run_in_the_background_answers_202_and_can_be_looked_up(live: Api, session: str) -> None:
    body = {"tool": "echo", "arguments": {"text": "later"}, "wait": False}
    status, accepted = live.call("POST", f"/sessions/{session}/exec", body)
    assert status == 202
    status, found = live.call("GET", f"/executions/{accepted['execution_id']}")
    assert (found["state"], found["output"], found["arguments"]) == ("finished", "later", {"text": "later"})
    listed = live.call("GET", f"/sessions/{session}/executions")[1]
    assert listed["count"] == 1
    assert "output" not in listed["results"][0]


def test_cancelling_a_finished_run_leaves_it_as_it_is_and_no_run_waits_for_input(live: Api, session: str) -> None:
    run = live.run(session, "echo", {"text": "x"})["execution_id"]
    assert live.call("POST", f"/executions/{run}/cancel") == (202, {"execution_id": run, "state": "finished"})
    status, problem = live.call("POST", f"/executions/{run}/input", {})
    assert (status, problem["code"]) == (409, "exec.no_question")


def test_a_stopped_gateway_is_started_by_the_next_call(live: Api, session: str) -> None:
    gateways.gateway_stop(gateway_id=Session.objects.get(pk=session).gateway_id, close=False)
    assert live.call("GET", f"/sessions/{session}")[1]["gateway"]["state"] == "stopped"
    assert live.run(session, "echo", {"text": "again"})["output"] == "again"


def test_the_servers_resources_and_prompts_are_listed(live: Api, session: str) -> None:
    assert live.call("GET", f"/sessions/{session}/resources")[1]["results"][0]["uri"] == "suite://one"
    assert live.call("GET", f"/sessions/{session}/prompts")[1]["results"][0]["name"].endswith("greet")
    tools = live.call("GET", f"/sessions/{session}/tools")[1]["results"]
    assert {"echo", "crash"} <= {tool["name"] for tool in tools}
    assert tools[0]["server"] == "echo"


def test_the_audit_log_has_codes_and_neither_arguments_nor_output(live: Api, session: str) -> None:
    live.run(session, "echo", {"text": "canary-4711"})
    event = AuditEvent.objects.get(verb=Verb.EXEC_RUN)
    assert event.detail["exit_code"] == 0
    assert "canary-4711" not in str(event.detail)


def test_a_row_copied_to_another_owner_does_not_open(live: Api, session: str, cast: Cast) -> None:
    run = live.run(session, "echo", {"text": "mine"})["execution_id"]
    Execution.objects.filter(pk=run).update(owner=cast.colleague)
    colleague = Api(cast.program(cast.colleague), cast.colleague)
    status, problem = colleague.call("GET", f"/executions/{run}")
    assert (status, problem["code"]) == (503, "vault.unreadable")


def test_a_secret_in_arguments_reads_as_its_name_and_lies_nowhere_in_clear(live: Api) -> None:
    secrets = [{"name": "keyed.token", "env": "TOKEN", "required": True}]
    entry_make("keyed", secrets=secrets)
    session = live.session()
    canary = "canary-secret-90210"
    assert live.add(session, "keyed", secrets={"keyed.token": canary})["state"] == "ready"
    answer = live.run(session, "environment", {"name": "TOKEN"})
    assert answer["output"] == "[secret keyed.token]"
    shown = live.run(session, "echo", {"text": f"use {canary}"})
    assert shown["arguments"] == {"text": "use [secret keyed.token]"}
    for row in (*Execution.objects.all().values(), *SessionServer.objects.all().values(), *AuditEvent.objects.values()):
        assert canary not in str(row)
    argv = [part for process in psutil.process_iter() for part in _argv(process)]
    assert not any(canary in part for part in argv)


def test_one_run_costs_few_queries(live: Api, session: str, django_assert_max_num_queries) -> None:
    live.run(session, "echo", {"text": "warm"})
    with django_assert_max_num_queries(6):  # token, session, servers, insert, update, audit
        live.run(session, "echo", {"text": "x"})


def test_a_run_that_a_dead_process_left_is_marked_lost(live: Api, session: str) -> None:
    run = live.run(session, "echo", {"text": "x"})["execution_id"]
    past = timezone.now() - timedelta(minutes=10)
    Execution.objects.filter(pk=run).update(state="running", exit_code=None, started_at=past)
    tidy()
    found = live.call("GET", f"/executions/{run}")[1]
    assert (found["state"], found["exit_code"]) == ("lost", 137)


def _argv(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_running_tool_can_be_cancelled_and_ends_with_130(live: Api, session: str) -> None:
    answers: list[dict[str, Any]] = []

    def run() -> None:
        try:
            answers.append(live.run(session, "slow", {"seconds": 30}))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert wait_until(lambda: Execution.objects.filter(state="running").exists(), 5)
    execution = Execution.objects.get(state="running").pk
    while thread.is_alive():  # the row is there a moment before the gateway has the call
        assert live.call("POST", f"/executions/{execution}/cancel")[0] == 202
        thread.join(0.2)
    assert (answers[0]["exit_code"], answers[0]["state"]) == (130, "cancelled")
