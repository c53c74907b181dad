"""A server that does not heed a cancellation is replaced, and the other calls on it are not harmed."""

import threading
from typing import Any

import psutil

from tests.support.embedded_gateway import EmbeddedGateway, Start, echo_spec
from tests.support.waiting import until


def _in_background(gateway: EmbeddedGateway, tool: str, **arguments: Any) -> "tuple[threading.Thread, list[Any]]":
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(gateway.call(tool, **arguments)))
    thread.start()
    return thread, answers


def _replaced(gateway: EmbeddedGateway, pid: int) -> bool:
    found = gateway.status()
    return bool(found["state"] == "ready" and found["pid"] != pid)


def test_another_call_in_flight_is_finished_by_the_process_that_is_replaced(start: Start) -> None:
    gateway = start(echo_spec())
    pid = gateway.wait_for()["pid"]
    gateway.initialize()
    other, answers = _in_background(gateway, "echo__sleep", seconds=4)
    assert gateway.error_code("echo__sleep", 0.2) == "exec.timeout"
    until(lambda: _replaced(gateway, pid))
    assert not answers
    assert gateway.text("echo__echo", text="on the new one") == "on the new one"
    other.join(20)
    assert answers[0]["result"]["content"][0]["text"] == "slept"
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_a_call_that_comes_while_it_is_replaced_waits_for_the_new_one(start: Start) -> None:
    gateway = start(echo_spec())
    pid = gateway.wait_for()["pid"]
    assert gateway.error_code("echo__sleep", 0.2) == "exec.timeout"
    until(lambda: gateway.text("echo__echo", text="x") == "x" and _replaced(gateway, pid))


def test_removing_a_server_ends_the_process_that_is_being_replaced_too(start: Start) -> None:
    gateway = start(echo_spec())
    pid = gateway.wait_for()["pid"]
    gateway.initialize()
    other, answers = _in_background(gateway, "echo__sleep", seconds=3600)
    assert gateway.error_code("echo__sleep", 0.2) == "exec.timeout"
    until(lambda: _replaced(gateway, pid))
    gateway.apply([])
    other.join(20)
    assert answers[0]["error"]["data"]["code"] == "server.crashed"
    until(lambda: not gateway.state()["pending"])
    assert gateway.state()["removed"]["echo"] == {
        "processes_stopped": 2,
        "containers_removed": 0,
        "files_removed": 0,
        "left_over": 0,
    }
