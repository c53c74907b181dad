from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit import selectors, services
from audit.models import AppendOnly, AuditEvent, Outcome, Verb
from foundation import context
from foundation.errors import Forbidden
from people.models import User
from tests.support.cast import Cast

CANARY = "canary-7f3a9d1e5b"


def test_an_event_says_who_what_on_which_object_and_from_where(cast: Cast) -> None:
    token = context.enter(context.CallContext(request_id="r1", address="203.0.113.7", via="api"))
    try:
        event = services.record(Verb.USER_UPDATE, actor=cast.administrator, obj=cast.operator, detail={"role": "x"})
    finally:
        context.leave(token)
    event.refresh_from_db()
    assert (event.actor_name, event.object_type, event.object_name) == ("administrator", "user", "operator")
    assert (event.request_id, event.address, event.via) == ("r1", "203.0.113.7", "api")
    assert event.outcome == Outcome.OK


def test_recording_is_one_statement(cast: Cast, django_assert_num_queries) -> None:
    with django_assert_num_queries(1) as captured:
        services.record(Verb.EXEC_RUN, actor=cast.operator, obj=cast.operator, detail={"exit_code": 0})
    assert captured[0]["sql"].startswith("INSERT")


@pytest.mark.parametrize(
    "detail",
    [
        {"header": f"Authorization: Bearer {CANARY}"},
        {"deep": {"list": [f"token={CANARY}"]}},
        {"url": f"https://user:{CANARY}@host.example/"},
        {"lazy": pytest},  # anything else is kept as its text
        {"text": f"password: {CANARY}"},
    ],
)
def test_a_secret_in_a_detail_is_not_kept(cast: Cast, detail: dict[str, object]) -> None:
    event = services.record(Verb.EXEC_RUN, actor=None, detail=detail)
    event.refresh_from_db()
    assert CANARY not in str(event.detail)


def test_line_ends_and_terminal_codes_are_neutralised(cast: Cast) -> None:
    person = User(pk=99, username="x\r\nadministrator logged in\x1b[2J\u202e")
    event = services.record(Verb.USER_CREATE, actor=None, obj=person, detail={"name": "a\r\nb\x1b[31m"})
    assert event.object_name == "x administrator logged in"
    assert event.detail == {"name": "a b"}


def test_an_event_can_be_neither_changed_nor_deleted(cast: Cast) -> None:
    event = services.record(Verb.USER_LOGIN, actor=cast.operator)
    event.outcome = Outcome.FAILED
    for change in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        AuditEvent.objects.filter(pk=event.pk).delete,
        lambda: AuditEvent.objects.update(outcome="failed"),
        lambda: AuditEvent.objects.bulk_create(
            [event], update_conflicts=True, update_fields=["outcome"], unique_fields=["id"]
        ),
    ):
        with pytest.raises(AppendOnly):
            change()
    assert AuditEvent.objects.get().outcome == Outcome.OK


def test_an_event_cannot_be_changed_many_at_once(cast: Cast) -> None:
    event = services.record(Verb.USER_LOGIN, actor=cast.operator)
    event.outcome = Outcome.FAILED
    with pytest.raises(AppendOnly):
        AuditEvent.objects.bulk_update([event], ["outcome"])


def test_an_event_cannot_be_changed_by_a_detour(cast: Cast) -> None:
    event = services.record(Verb.USER_LOGIN, actor=cast.operator)
    with pytest.raises(AppendOnly):
        AuditEvent.objects.update_or_create(pk=event.pk, defaults={"outcome": Outcome.FAILED})


def test_a_new_act_needs_no_migration() -> None:
    assert AuditEvent._meta.get_field("verb").choices == [(verb.value, verb.label) for verb in Verb]


def test_the_purge_takes_only_what_is_past_its_time_and_says_so(cast: Cast) -> None:
    for days in (400, 366, 364, 0):
        event = services.record(Verb.USER_LOGIN, actor=cast.operator)
        with connection.cursor() as cursor:
            when = timezone.now() - timedelta(days=days)
            cursor.execute("UPDATE audit_auditevent SET at = %s WHERE id = %s", [when, event.pk])
    assert services.purge(timezone.now() - timedelta(days=365)) == 2
    assert AuditEvent.objects.filter(verb=Verb.USER_LOGIN).count() == 2
    assert AuditEvent.objects.get(verb=Verb.AUDIT_PURGE).detail["events"] == 2
    assert services.purge(timezone.now() - timedelta(days=365)) == 0
    assert AuditEvent.objects.filter(verb=Verb.AUDIT_PURGE).count() == 1


def test_it_refuses_to_read_the_log_for_those_who_do_not_audit(cast: Cast) -> None:
    for user in (cast.operator, cast.officer):
        with pytest.raises(Forbidden):
            selectors.events_visible(user)
    assert selectors.events_visible(cast.auditor).count() == 0
