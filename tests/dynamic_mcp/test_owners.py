"""A person's data asked for, a person who goes, and sessions that end by themselves."""

from datetime import timedelta

from django.utils import timezone

from dynamic_mcp import retention, sessions
from dynamic_mcp.models import Execution, Session
from gateways.models import Gateway
from gateways.ours import of_session
from people.models import Notice
from people.services.accounts import user_delete, user_export
from tests.support.cast import Cast
from tests.support.sessions import Api, entry_make


def test_an_export_holds_the_sessions_and_the_runs_with_arguments_and_output_but_no_secret(
    live: Api, cast: Cast
) -> None:
    entry_make("echo", secrets=[{"name": "echo.token", "env": "TOKEN"}])
    session = live.session(name="mine")
    live.add(session, "echo", secrets={"echo.token": "canary-value-1"})
    live.run(session, "echo", {"text": "with canary-value-1"})
    data = user_export(actor=live.user, user=live.user)
    assert [(row["name"], row["servers"][0]["server"]) for row in data["sessions"]] == [("mine", "echo")]
    (run,) = data["executions"]
    assert run["arguments"] == {"text": "with [secret echo.token]"}
    assert run["output"] == "with [secret echo.token]"
    assert "canary-value" not in str(data)
    assert user_export(actor=cast.colleague, user=cast.colleague)["sessions"] == []
    handed_over = user_export(actor=cast.administrator, user=live.user)
    assert handed_over["executions"][0]["tool"] == run["tool"]
    assert not {"arguments", "output", "content"} & set(handed_over["executions"][0])
    assert "config" not in handed_over["sessions"][0]["servers"][0]


def test_a_deleted_user_leaves_no_process(live: Api, cast: Cast) -> None:
    entry_make("echo")
    session = live.session()
    live.add(session, "echo")
    assert of_session(session)
    user_delete(actor=cast.administrator, user=live.user)
    assert not of_session(session)
    assert not Session.objects.exists()


def test_a_session_that_expires_tells_its_owner_only_when_servers_go_with_it(live: Api) -> None:
    entry_make("echo")
    empty, used = live.session(name="empty"), live.session(name="used")
    live.add(used, "echo")
    Session.objects.update(expires_at=timezone.now())
    assert sessions.sessions_expire(now=timezone.now()) == 2
    assert {row.state for row in Session.objects.filter(pk__in=[empty, used])} == {"ended"}
    assert [notice.context for notice in Notice.objects.all()] == [{"session": "used"}]


def test_ended_sessions_are_forgotten_with_their_gateways_once_their_runs_are(live: Api) -> None:
    entry_make("echo")
    past, now = live.session(), live.session()
    live.add(past, "echo")
    live.run(past, "echo", {"text": "x"})
    live.call("DELETE", f"/sessions/{past}")
    limit = timezone.now() + timedelta(days=1)
    assert retention.sessions_purge(older_than=limit) == 0  # its run is still kept
    Execution.objects.all().delete()
    assert retention.sessions_purge(older_than=limit) == 1
    assert [row.pk for row in Session.objects.all()] == [now]
    assert [row.session_id for row in Gateway.objects.all()] == [now]
