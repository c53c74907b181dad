"""Children that misbehave: each is bounded, told truthfully, and takes nobody with it."""

import os
import signal
import sys
import threading

import psutil

from gateways.specs import ServerSpec
from tests.support.embedded_gateway import REPO, Start, echo_spec
from tests.support.waiting import until

CANARY = 'canary-"7f3a/9c'


def with_canary(mode: str = "") -> ServerSpec:
    env = {"PATH": os.environ["PATH"], "CANARY": CANARY}
    return echo_spec(mode=mode, env=env, secrets={"KEY": CANARY})


def test_a_child_that_dies_at_start_says_why_without_its_secret(start: Start) -> None:
    gateway = start(with_canary("dies"))
    status = gateway.wait_for(state="failed")
    assert status["reason_code"] == "server.crashed"
    assert "exit code 9" in status["detail"]
    assert "[secret KEY]" in status["detail"]
    assert "7f3a" not in gateway.log.read_text() + str(gateway.state())


def test_a_missing_command_is_named(start: Start) -> None:
    gateway = start(ServerSpec(name="echo", kind="package", argv=["no-such-command-here"], env={"PATH": "/usr/bin"}))
    status = gateway.wait_for(state="failed")
    assert status["reason_code"] == "server.command_missing"
    assert "no-such-command-here" in status["detail"]
    assert gateway.error_code("echo__echo") == "server.unavailable"


def test_a_failed_server_can_be_started_again(start: Start) -> None:
    gateway = start(echo_spec(mode="dies"))
    gateway.wait_for(state="failed")
    before = gateway.state()["seq"]
    assert gateway.http("POST", "/control/restart", {"name": "echo"}).status == 202
    assert gateway.http("POST", "/control/restart", {"name": "other"}).status == 404
    until(lambda: gateway.state()["seq"] >= before + 2)
    gateway.wait_for(state="failed")


def test_only_rubbish_on_its_output_is_bad_output(start: Start) -> None:
    gateway = start(echo_spec(mode="rubbish"))
    status = gateway.wait_for(state="failed")
    assert status["reason_code"] == "server.bad_output"
    assert "rubbish 0" in status["detail"]


def test_some_rubbish_before_valid_messages_is_skipped(start: Start) -> None:
    gateway = start(echo_spec(mode="some-rubbish"))
    assert gateway.text("echo__echo", text="fine") == "fine"


def test_a_child_that_hangs_at_start_times_out_and_is_gone(start: Start) -> None:
    gateway = start(echo_spec(mode="hangs", start_timeout_s=0.5))
    assert gateway.wait_for(state="failed")["reason_code"] == "server.start_timeout"
    assert until(lambda: not gateway.labelled()) is True


def test_a_child_that_floods_its_output_is_killed(start: Start) -> None:
    gateway = start(echo_spec(mode="floods"))
    gateway.wait_for(state="failed", timeout_s=30)
    assert until(lambda: not gateway.labelled()) is True
    assert psutil.Process(gateway.process.pid).memory_info().rss < 80_000_000


def test_an_answer_beyond_the_limit_is_refused_and_the_child_lives(start: Start) -> None:
    gateway = start(echo_spec())
    pid = gateway.wait_for()["pid"]
    assert gateway.error_code("echo__big", bytes=9_000_000) == "exec.output.too_large"
    assert len(gateway.text("echo__big", bytes=1_000_000)) == 1_000_000
    assert gateway.status()["pid"] == pid


def test_a_call_that_prints_without_end_is_ended_with_its_child(start: Start) -> None:
    gateway = start(echo_spec())
    pid = gateway.wait_for()["pid"]
    assert gateway.error_code("echo__endless", 60) in ("exec.output.too_large", "server.crashed")
    until(lambda: not psutil.pid_exists(pid))


def test_json_nested_too_deeply_is_not_walked(start: Start) -> None:
    gateway = start(echo_spec())
    assert gateway.text("echo__deep") == "after"


def test_calls_in_flight_are_told_at_once_when_the_child_dies(start: Start) -> None:
    gateway = start(with_canary())
    gateway.wait_for()
    gateway.initialize()
    answers = []
    other = threading.Thread(target=lambda: answers.append(gateway.call("echo__sleep")))
    other.start()
    problem = gateway.call("echo__die")["error"]
    other.join(5)
    assert problem["data"]["code"] == answers[0]["error"]["data"]["code"] == "server.crashed"
    assert "last words [secret KEY]" in problem["data"]["detail"]
    assert gateway.text("echo__echo", text="back") == "back"


def test_the_fourth_crash_quarantines_the_server(start: Start) -> None:
    gateway = start(echo_spec())
    for _ in range(4):
        status = gateway.wait_for(timeout_s=30)
        os.kill(status["pid"], signal.SIGKILL)
        until(lambda pid=status["pid"]: gateway.status()["pid"] != pid)
    assert gateway.wait_for(state="failed")["reason_code"] == "server.crashed"


def test_secrets_are_masked_in_results_and_nested_json(start: Start) -> None:
    gateway = start(with_canary())
    answer = gateway.call("echo__secret")
    assert "7f3a" not in str(answer)
    assert answer["result"]["content"][0]["text"] == "[secret KEY]"
    assert answer["result"]["structuredContent"] == {"[secret KEY]": ["[secret KEY]"]}
    assert answer["result"]["content"][1]["text"] == '{"key": "[secret KEY]", "[secret KEY]": 1}'


def test_grandchildren_go_with_their_server(start: Start) -> None:
    gateway = start(echo_spec(mode="grandchild"), echo_spec("stays"))
    gateway.wait_for()
    gateway.wait_for("stays")
    assert len(gateway.labelled()) == 4
    gateway.apply([echo_spec("stays")])
    receipt = until(lambda: gateway.state()["removed"].get("echo"))
    assert receipt == {"processes_stopped": 3, "containers_removed": 0, "files_removed": 0, "left_over": 0}
    assert len(gateway.labelled()) == 1


def test_a_child_that_ignores_term_is_killed_and_counted(start: Start) -> None:
    gateway = start(echo_spec(mode="stubborn"))
    gateway.wait_for()
    receipt = gateway.http("POST", "/control/stop").json()
    assert receipt == {"processes_stopped": 1, "files_removed": 3, "left_over": 0}
    assert gateway.process.wait(5) == 0
    assert not gateway.labelled()


def test_sigterm_stops_the_children_too(start: Start) -> None:
    gateway = start(echo_spec(), echo_spec("two"))
    gateway.wait_for()
    gateway.wait_for("two")
    gateway.process.terminate()
    assert gateway.process.wait(15) == 0
    assert not gateway.labelled()


def test_a_version_that_does_not_exist_is_a_failed_download(start: Start) -> None:
    uv = REPO / ".venv" / "bin" / "uv"
    argv = [str(uv), "tool", "run", "mcp-server-time==99.99.99"]
    gateway = start(ServerSpec(name="echo", kind="package", argv=argv, env=dict(os.environ)))
    assert gateway.wait_for(state="failed", timeout_s=60)["reason_code"] == "server.download_failed"


def test_the_program_needs_nothing_but_the_standard_library_and_h11() -> None:
    code = (
        "import sys, gateways.embedded.program as p;"
        "bad = {'django', 'requests', 'pydantic', 'mcp', 'celery', 'asyncio', 'psutil'} & set(sys.modules);"
        "print(sorted(bad))"
    )
    import subprocess

    found = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
