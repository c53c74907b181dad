"""What is past its time goes, by the timer: runs, events, logins, dead tokens; nothing that is still of use."""

from datetime import timedelta

from django.contrib.sessions.models import Session as BrowserSession
from django.utils import timezone

from audit.models import AuditEvent
from audit.tasks import purge
from catalog_site.schedule import SCHEDULE
from dynamic_mcp.models import Execution, ExecutionState, Session
from dynamic_mcp.tasks import executions_purge
from people import services
from people.models import ApiToken, Notice, SetupLink
from people.tasks import leftovers_remove
from tests.support.cast import Cast


def test_beat_calls_every_purge() -> None:
    assert {"audit.purge", "people.leftovers_remove", "dynamic_mcp.executions_purge"} <= SCHEDULE.keys()
    assert all(entry["task"] for entry in SCHEDULE.values())


def test_finished_runs_past_their_days_go_and_no_others(cast: Cast, settings: object) -> None:
    settings.EXECUTION_KEEP_DAYS = 3
    now = timezone.now()
    session = Session.objects.create(owner=cast.operator, name="s", last_used_at=now, expires_at=now)
    kept = {}
    for days, state in ((4, ExecutionState.FINISHED), (4, ExecutionState.RUNNING), (2, ExecutionState.FINISHED)):
        run = Execution.objects.create(owner=cast.operator, session=session, server="s", tool="t", state=state)
        Execution.objects.filter(pk=run.pk).update(created_at=now - timedelta(days=days))
        kept[days, state] = run.pk
    del kept[4, ExecutionState.FINISHED]
    executions_purge()
    assert set(Execution.objects.values_list("pk", flat=True)) == set(kept.values())


def test_events_past_their_days_go(cast: Cast, settings: object) -> None:
    settings.AUDIT_KEEP_DAYS = 1
    AuditEvent.objects.create(verb="user.login", actor_name="x")
    purge()
    assert AuditEvent.objects.count() == 1
    settings.AUDIT_KEEP_DAYS = 0  # everything is past its time
    purge()
    assert set(AuditEvent.objects.values_list("verb", flat=True)) == {"audit.purge"}


def test_ended_logins_dead_tokens_and_read_notices_go(cast: Cast) -> None:
    now, long_ago = timezone.now(), timezone.now() - timedelta(days=91)
    live, _value = services.token_create(user=cast.operator, name="live")
    revoked, _value = services.token_create(user=cast.operator, name="revoked lately")
    services.token_revoke(user=cast.operator, token_id=revoked.pk)
    dead, _value = services.token_create(user=cast.operator, name="dead")
    ApiToken.objects.filter(pk=dead.pk).update(expires_at=long_ago)
    unread = services.notify(user=cast.operator, code="a")
    Notice.objects.create(user=cast.operator, code="b", read_at=long_ago)
    Notice.objects.filter(pk=unread.pk).update(created_at=long_ago)
    SetupLink.objects.create(token_hash="0" * 64)
    BrowserSession.objects.create(session_key="ended", session_data="", expire_date=now - timedelta(hours=1))
    BrowserSession.objects.create(session_key="live", session_data="", expire_date=now + timedelta(hours=1))
    leftovers_remove()
    assert set(ApiToken.objects.values_list("pk", flat=True)) == {live.pk, revoked.pk}
    assert list(Notice.objects.values_list("pk", flat=True)) == [unread.pk]
    assert list(BrowserSession.objects.values_list("session_key", flat=True)) == ["live"]
    assert not SetupLink.objects.exists()
    leftovers_remove()


def test_a_setup_link_stays_while_nobody_looks_after_the_console(db: None) -> None:
    value = services.setup_link_create()
    leftovers_remove()
    services.setup_link_check(token=str(value))
