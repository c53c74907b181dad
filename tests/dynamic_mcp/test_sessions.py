"""Sessions over the JSON API: made, listed, ended; and who may see them."""

import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit.models import AuditEvent, Verb
from dynamic_mcp import sessions
from dynamic_mcp.models import Session
from dynamic_mcp.tasks import session_stop, tidy
from tests.support.cast import Cast
from tests.support.sessions import Api, entry_make


def test_a_session_has_a_name_a_runtime_and_a_stopped_gateway(api: Api) -> None:
    status, session = api.call("POST", "/sessions", {})
    assert status == 201
    assert session["name"]
    assert (session["state"], session["servers"]) == ("active", [])
    assert session["gateway"] == {"state": "stopped", "runtime": session["runtime"], "latency_ms": None}
    assert set(session) == {"id", "name", "runtime", "state", "gateway", "servers", "created_at", "expires_at"}


def test_sessions_are_listed_newest_first_in_pages(api: Api) -> None:
    made = [api.session(name=f"s{n}") for n in range(3)]
    first = api.call("GET", "/sessions?limit=2")[1]
    assert first["count"] == 3
    rest = api.call("GET", f"/sessions?limit=2&cursor={first['next_cursor']}")[1]
    assert rest["next_cursor"] is None
    assert {row["id"] for row in first["results"] + rest["results"]} == set(made)


def test_the_list_asks_the_same_number_of_queries_for_more_sessions(api: Api, django_assert_max_num_queries) -> None:
    for n in range(4):
        api.session(name=f"s{n}")
    with django_assert_max_num_queries(4):  # token, count, sessions, servers
        api.call("GET", "/sessions")


def test_it_refuses_more_sessions_than_one_person_may_have(api: Api, settings) -> None:
    settings.SESSIONS_PER_USER = 2
    api.session()
    api.session()
    status, problem = api.call("POST", "/sessions", {})
    assert (status, problem["code"]) == (429, "session.limit")
    assert problem["retry_steps"]


def test_it_refuses_an_external_gateway_that_is_not_enabled(api: Api) -> None:
    status, problem = api.call("POST", "/sessions", {"gateway_id": "01arz3ndektsv4rrffq69g5fav"})
    assert (status, problem["code"]) == (409, "gateway.not_enabled")


def test_it_refuses_the_docker_runtime_without_an_engine(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    status, problem = api.call("POST", "/sessions", {"runtime": "docker"})
    assert (status, problem["code"]) == (409, "runtime.unavailable")
    assert problem["retry_steps"]
    assert not Session.objects.exists()


@pytest.mark.parametrize("name", ["a\nb", "a\x00b", "\x1b[31mred", "a\u202eb"])
def test_it_refuses_a_session_name_with_control_characters(api: Api, name: str) -> None:
    status, problem = api.call("POST", "/sessions", {"name": name})
    assert (status, problem["errors"][0]["path"]) == (422, "name")


def test_a_session_name_that_looks_like_a_command_is_only_a_name(api: Api) -> None:
    name = "--privileged; $(id)"
    assert api.call("GET", f"/sessions/{api.session(name=name)}")[1]["name"] == name


def test_another_users_session_is_not_there(api: Api, cast: Cast) -> None:
    session = api.session()
    paths = ["", "/tools", "/executions", "/resources", "/prompts", "/servers/x/config"]
    for person in (cast.colleague, cast.administrator):
        other = Api(cast.program(person, "read", "use", "manage", "policy"), person)
        assert [other.call("GET", f"/sessions/{session}{path}")[0] for path in paths] == [404] * len(paths)
        assert other.call("DELETE", f"/sessions/{session}")[0] == 404
        assert other.call("POST", f"/sessions/{session}/exec", {"tool": "x"})[0] == 404
        assert other.call("POST", f"/sessions/{session}/servers", {"server": "x"})[0] == 404
        assert other.call("PUT", f"/sessions/{session}/servers/x/config", {"config": {}})[0] == 404
        assert other.call("PUT", f"/sessions/{session}/servers/x/secrets", {})[0] == 404
    stranger = Api(cast.browser(None), cast.colleague)
    assert stranger.call("GET", f"/sessions/{session}")[0] == 401


def test_an_auditor_reads_sessions_and_changes_nothing(api: Api, cast: Cast) -> None:
    session = api.session()
    auditor = Api(cast.program(cast.auditor), cast.auditor)
    assert auditor.call("GET", f"/sessions/{session}")[0] == 200
    assert auditor.call("DELETE", f"/sessions/{session}")[0] == 403
    assert auditor.call("POST", "/sessions", {})[0] == 403


def test_an_auditor_sees_that_a_tool_ran_but_neither_arguments_nor_output(live: Api, cast: Cast) -> None:
    entry_make("echo")
    session = live.session()
    live.add(session)
    run = live.run(session, "echo", {"text": "private"})["execution_id"]
    auditor = Api(cast.program(cast.auditor), cast.auditor)
    status, found = auditor.call("GET", f"/executions/{run}")
    assert (status, found["exit_code"]) == (200, 0)
    assert found["arguments"] is found["output"] is found["content"] is None
    colleague = Api(cast.program(cast.colleague), cast.colleague)
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/input")):
        assert colleague.call(method, f"/executions/{run}{path}", {} if method == "POST" else None)[0] == 404


def test_ending_a_session_stops_everything_and_answers_a_receipt_again_and_again(live: Api) -> None:
    entry_make("echo")
    session = live.session()
    live.add(session)
    status, receipt = live.call("DELETE", f"/sessions/{session}")
    assert (status, receipt["left_over"]) == (200, 0)
    assert receipt["processes_stopped"] >= 1
    assert receipt["files_removed"] >= 1
    assert live.call("DELETE", f"/sessions/{session}") == (200, receipt)
    assert live.call("GET", f"/sessions/{session}")[1]["state"] == "ended"
    status, problem = live.call("POST", f"/sessions/{session}/exec", {"tool": "echo"})
    assert (status, problem["code"]) == (409, "session.ended")
    assert live.call("POST", f"/sessions/{session}/servers", {"server": "echo"})[1]["code"] == "session.ended"
    steps = [event.detail["step"] for event in AuditEvent.objects.filter(verb=Verb.SESSION_END).order_by("id")]
    assert steps == ["ending", "ended"]


@pytest.mark.parametrize("field", ["last_used_at", "expires_at"])
def test_an_idle_or_old_session_is_ended_by_the_timer(live: Api, field: str) -> None:
    session, other = live.session(), live.session()
    Session.objects.filter(pk=session).update(**{field: timezone.now() - timedelta(hours=2)})
    tidy()
    assert Session.objects.get(pk=session).state == "ended"
    assert Session.objects.get(pk=other).state == "active"


def test_an_end_that_a_killed_worker_left_half_done_is_taken_up(live: Api) -> None:
    session = live.session()
    Session.objects.filter(pk=session).update(state="ending")
    tidy()
    assert Session.objects.get(pk=session).state == "ended"


def test_a_queue_that_is_down_loses_nothing(live: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*args: object, **more: object) -> None:
        raise OperationalError

    monkeypatch.setattr(sessions, "END_WAIT_S", 0.05)
    session = live.session()
    with monkeypatch.context() as broker:
        broker.setattr(session_stop, "apply_async", down)
        status, receipt = live.call("DELETE", f"/sessions/{session}")
        assert (status, receipt["left_over"]) == (200, 1)
        assert live.call("GET", f"/sessions/{session}")[1]["state"] == "ending"
    tidy()
    assert live.call("DELETE", f"/sessions/{session}")[1]["left_over"] == 0


def test_a_gateway_that_cannot_start_fails_the_server_with_the_reason(
    live: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_make("echo")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    added = live.add(live.session())
    assert added["state"] == "failed"
    assert added["reason_code"]
