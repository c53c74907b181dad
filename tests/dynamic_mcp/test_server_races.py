"""Servers taken away, rejected or changed while something else happens to them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from catalog.models import CatalogServer
from dynamic_mcp import listeners, servers
from dynamic_mcp.models import Execution, Session, SessionServer
from dynamic_mcp.tasks import exec_run, tidy
from dynamic_mcp.tools import tools_kept
from gateways import services as gateways
from gateways.folders import folder_of
from gateways.models import Gateway
from gateways.specs import ServerStatus
from people.models import Notice
from tests.support.sessions import Api, entry_make


def _while_waiting(act: Callable[[], Any]) -> None:
    """Let `act` happen while an add waits for its server, which does not come up by itself."""
    patch = pytest.MonkeyPatch()

    def wait(done: Callable[[], bool], _timeout_s: float) -> bool:
        patch.undo()
        act()
        return done()

    patch.setattr(gateways, "gateway_want", lambda gateway: None)
    patch.setattr(servers, "wait_until", wait)


def test_a_session_that_ends_while_a_server_is_added_answers_409(live: Api) -> None:
    entry_make("echo")
    session = live.session()
    _while_waiting(lambda: live.call("DELETE", f"/sessions/{session}"))
    status, problem = live.call("POST", f"/sessions/{session}/servers", {"server": "echo"})
    assert (status, problem["code"]) == (409, "session.ended")


def test_a_server_that_is_removed_while_it_is_added_answers_404(live: Api) -> None:
    entry_make("echo")
    session = live.session()
    _while_waiting(lambda: live.call("DELETE", f"/sessions/{session}/servers/echo"))
    status, problem = live.call("POST", f"/sessions/{session}/servers", {"server": "echo"})
    assert (status, problem["code"]) == (404, "session.server.unknown")


def test_two_adds_of_one_server_at_the_same_moment_make_one(live: Api) -> None:
    entry_make("echo")
    session = live.session()
    answers: list[int] = []
    patch = pytest.MonkeyPatch()

    def check(*_given: Any) -> None:  # the other add comes between the look at the session and the new row
        patch.undo()
        answers.append(live.call("POST", f"/sessions/{session}/servers", {"server": "echo"})[0])

    patch.setattr(servers, "_check", check)
    answers.append(live.call("POST", f"/sessions/{session}/servers", {"server": "echo"})[0])
    assert answers == [201, 200]
    assert SessionServer.objects.filter(session_id=session).count() == 1


def test_removing_a_server_from_a_stopped_gateway_does_not_start_it(live: Api) -> None:
    entry_make("echo")
    session = live.session()
    live.add(session, "echo")
    gateway = Gateway.objects.get(session_id=session)
    gateways.gateway_stop(gateway_id=gateway.pk, close=False)
    status, receipt = live.call("DELETE", f"/sessions/{session}/servers/echo")
    assert (status, receipt["left_over"]) == (200, 0)
    gateway.refresh_from_db()
    assert (gateway.state, gateway.pid) == ("stopped", None)
    assert not folder_of(session).exists()


def test_a_server_that_an_administrator_rejected_does_not_start_again(live: Api) -> None:
    entry_make("echo")
    session = live.session()
    live.add(session, "echo")
    gateways.gateway_stop(gateway_id=Gateway.objects.get(session_id=session).pk, close=False)
    CatalogServer.objects.filter(name="echo").update(approval="rejected")
    assert live.run(session, "echo", {"text": "x"})["exit_code"] in (125, 126, 127)
    assert SessionServer.objects.get(session_id=session).state == "needs_approval"


def test_package_servers_switched_off_do_not_start_again(live: Api, settings) -> None:  # type: ignore[no-untyped-def]
    entry_make("echo")
    session = live.session()
    live.add(session, "echo")
    gateways.gateway_stop(gateway_id=Gateway.objects.get(session_id=session).pk, close=False)
    settings.PACKAGE_SERVERS = "off"
    assert live.run(session, "echo", {"text": "x"})["exit_code"] in (125, 126, 127)
    assert SessionServer.objects.get(session_id=session).state == "needs_approval"


def test_a_queued_run_whose_message_was_lost_is_run_by_the_timer(live: Api) -> None:
    entry_make("echo")
    session = live.session()
    live.add(session, "echo")

    def away(**_given: Any) -> None:
        raise OperationalError

    body = {"tool": "echo", "arguments": {"text": "late"}, "wait": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exec_run, "apply_async", away)
        status, queued = live.call("POST", f"/sessions/{session}/exec", body)
    assert (status, queued["state"]) == (202, "queued")
    tidy()  # it may still be on its way
    assert live.call("GET", f"/executions/{queued['execution_id']}")[1]["state"] == "queued"
    Execution.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    tidy()
    assert live.call("GET", f"/executions/{queued['execution_id']}")[1]["output"] == "late"


def _told(api: Api, state: str, *tools: str) -> SessionServer:
    row = SessionServer.objects.select_related("session__gateway").get()
    told = [{"name": name, "inputSchema": {"type": "object"}} for name in tools]
    assert row.session.gateway is not None
    listeners.servers_told(row.session.gateway, [ServerStatus(row.server, state, tools=told)])
    row.refresh_from_db()
    return row


def _ready(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "gateway_want", lambda gateway: None)
    session = Session.objects.get(pk=api.session(name="work"))
    SessionServer.objects.create(session=session, server="echo", entry={"name": "echo", "kind": "package"})
    _told(api, "ready", "one")


def test_tools_that_change_under_a_trusted_name_are_announced(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    _ready(api, monkeypatch)
    assert not Notice.objects.exists()
    _told(api, "ready", "one")
    assert not Notice.objects.exists()
    assert [tool["name"] for tool in _told(api, "ready", "one", "two").tools] == ["one", "two"]
    assert Notice.objects.get().code == "session.server.tools_changed"


def test_a_server_that_stops_running_leaves_one_notice(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    _ready(api, monkeypatch)
    assert _told(api, "failed").state == "failed"
    assert [notice.code for notice in Notice.objects.all()] == ["session.server.failed"]


def test_tools_that_cannot_be_called_are_left_out_and_nul_is_replaced() -> None:
    names = ["ok", "ok", "bell\x07", "line\nbreak", "", "x" * 201, 5]
    kept = tools_kept([{"name": name, "description": "d\0", "inputSchema": {"title": "\0"}} for name in names])
    assert kept == [{"name": "ok", "description": "d\ufffd", "input_schema": {"title": "\ufffd"}, "annotations": {}}]
