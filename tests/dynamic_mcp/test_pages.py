"""The session pages as a browser meets them: as links and forms, and as the partials that htmx asks for."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import CatalogServer, Source
from dynamic_mcp.models import Execution, ServerState, Session, SessionServer
from dynamic_mcp.services import exec_start
from tests.support.cast import Cast

HOSTILE = "<script>alert(1)</script>"
SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "description": HOSTILE, "maxLength": 5},
        "tags": {"type": "array", "items": {"type": "string"}},
        HOSTILE: {"enum": [HOSTILE]},
    },
}
TOOL = {"name": "greet", "description": HOSTILE, "input_schema": SCHEMA, "annotations": {}}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def session(cast: Cast) -> Session:
    now = timezone.now()
    return Session.objects.create(
        owner=cast.operator, name=f"Mine {HOSTILE}", last_used_at=now, expires_at=now + timedelta(hours=1)
    )


def server(session: Session, **values: Any) -> SessionServer:
    entry = {"name": "echo", "title": "Echo", "kind": "package", **values.pop("entry", {})}
    return SessionServer.objects.create(
        session=session, server="echo", entry=entry, **{"state": ServerState.READY, "tools": [TOOL], **values}
    )


@pytest.fixture
def owner(cast: Cast) -> Client:
    return cast.browser(cast.operator)


def test_an_empty_list_says_what_a_session_is_and_offers_one(owner: Client) -> None:
    page = owner.get("/sessions/", headers={"accept-language": "en"})
    assert page.status_code == 200
    assert b'id="new-session"' in page.content


def test_a_session_is_created_by_a_form_and_opened(owner: Client, cast: Cast) -> None:
    answer = owner.post("/sessions/", {"name": "Weather"})
    made = Session.objects.get(owner=cast.operator)
    assert (answer.status_code, answer["Location"]) == (302, f"/sessions/{made.pk}/")
    assert owner.get(answer["Location"]).status_code == 200


def test_a_name_with_control_characters_is_refused_on_the_page(owner: Client) -> None:
    assert owner.post("/sessions/", {"name": "a\x1bb"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/sessions/{session}/",
        "/sessions/{session}/servers/",
        "/sessions/{session}/executions/",
        "/sessions/{session}/tools/echo/greet/",
        "/executions/{execution}/",
    ],
)
def test_it_refuses_another_persons_session_tool_and_run_by_id(path: str, session: Session, cast: Cast) -> None:
    server(session)
    run = exec_start(user=cast.operator, session_id=session.pk, tool="greet", arguments={}).execution
    address = path.format(session=session.pk, execution=run.pk)
    assert cast.browser(cast.operator).get(address).status_code in (200, 204)
    assert cast.browser(cast.colleague).get(address).status_code == 404
    assert cast.browser(cast.colleague).get(address, headers=HTMX).status_code == 404
    assert cast.browser(None).get(address).status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/sessions/{session}/end/",
        "/sessions/{session}/servers/echo/config/",
        "/sessions/{session}/servers/echo/secrets/",
        "/sessions/{session}/servers/echo/remove/",
        "/sessions/{session}/servers/echo/retry/",
        "/sessions/{session}/run/echo/greet/",
        "/executions/{execution}/cancel/",
    ],
)
def test_it_refuses_to_change_what_is_another_persons(path: str, session: Session, cast: Cast) -> None:
    server(session)
    run = exec_start(user=cast.operator, session_id=session.pk, tool="greet", arguments={}).execution
    address = path.format(session=session.pk, execution=run.pk)
    assert cast.browser(cast.colleague).post(address).status_code == 404
    assert cast.browser(cast.auditor).post(address).status_code == 403
    assert cast.browser(cast.operator).get(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.operator)
    assert strict.post(address).status_code == 403


def test_an_auditor_sees_that_a_tool_ran_and_neither_arguments_nor_output(session: Session, cast: Cast) -> None:
    server(session)
    run = exec_start(user=cast.operator, session_id=session.pk, tool="greet", arguments={"name": "canary-77"}).execution
    page = cast.browser(cast.auditor).get(f"/executions/{run.pk}/")
    assert page.status_code == 200
    assert b"canary-77" not in page.content
    assert b"canary-77" in cast.browser(cast.operator).get(f"/executions/{run.pk}/").content


def test_markup_in_names_descriptions_schemas_and_details_stays_text(session: Session, owner: Client) -> None:
    server(session)
    SessionServer.objects.create(
        session=session, server="bad", entry={"name": "bad", "title": HOSTILE}, state=ServerState.FAILED, detail=HOSTILE
    )
    for path in ("/sessions/", f"/sessions/{session.pk}/", f"/sessions/{session.pk}/tools/echo/greet/"):
        content = owner.get(path).content.decode()
        assert HOSTILE not in content, path
        assert "&lt;script&gt;" in content, path


def test_polling_answers_204_while_nothing_changed_and_the_changed_nodes_when_it_did(
    session: Session, owner: Client
) -> None:
    row = server(session, state=ServerState.STARTING, tools=[])
    seen = owner.get(f"/sessions/{session.pk}/").context["seen"]
    address = f"/sessions/{session.pk}/servers/"
    assert owner.get(address, {"seen": seen}, headers=HTMX).status_code == 204
    SessionServer.objects.filter(pk=row.pk).update(progress="Downloading")
    told = owner.get(address, {"seen": seen}, headers=HTMX).content.decode()
    assert f'id="status-{row.pk}"' in told
    assert f'id="body-{row.pk}"' not in told
    assert "every 1s" in told
    SessionServer.objects.filter(pk=row.pk).update(state=ServerState.READY, tools=[TOOL])
    told = owner.get(address, {"seen": seen}, headers=HTMX).content.decode()
    assert f'id="body-{row.pk}"' in told
    assert 'id="gateway-line" hx-swap-oob="true"' in told  # the gateway's state is told with its servers'
    assert "every 1s" not in told


def test_a_settled_session_does_not_poll(session: Session, owner: Client) -> None:
    server(session)
    assert "every 1s" not in owner.get(f"/sessions/{session.pk}/").content.decode()


def test_wrong_arguments_come_back_as_typed_with_the_error_at_the_field(session: Session, owner: Client) -> None:
    server(session)
    address = f"/sessions/{session.pk}/run/echo/greet/"
    page = owner.post(address, {"args.name": "far too long"})
    content = page.content.decode()
    assert page.status_code == 422
    assert 'value="far too long"' in content
    assert 'aria-invalid="true"' in content
    assert not Execution.objects.exists()
    partial = owner.post(address, {"args.name": "far too long"}, headers=HTMX)
    assert (partial.status_code, partial["HX-Retarget"]) == (422, "#tool-form")
    assert "<!doctype" not in partial.content.decode()


def test_a_row_button_adds_a_row_and_runs_nothing(session: Session, owner: Client) -> None:
    server(session)
    typed = {"args.tags@rows": "1", "args.tags.0": "kept", "row": "add args.tags"}
    content = owner.post(f"/sessions/{session.pk}/run/echo/greet/", typed).content.decode()
    assert 'name="args.tags.1"' in content
    assert 'value="kept"' in content
    assert not Execution.objects.exists()


@pytest.mark.django_db(transaction=True)  # tasks are sent after commit
def test_a_run_leads_to_its_page_with_exit_code_words_and_times(session: Session, owner: Client) -> None:
    server(session)
    answer = owner.post(f"/sessions/{session.pk}/run/echo/greet/", {"args.name": "Ada"})
    run = Execution.objects.get()
    assert answer["Location"] == f"/executions/{run.pk}/"
    content = owner.get(answer["Location"]).content.decode()
    assert run.exit_code == 125  # the session has no gateway
    assert ">125<" in content
    assert run.reason_code in content
    assert f"{run.finished_at:%Y-%m-%d %H:%M:%S}" in content
    assert "curl -sS" in content
    again = owner.post(f"/sessions/{session.pk}/run/echo/greet/", {"again": run.pk}, headers=HTMX)
    assert again.status_code == 200
    assert Execution.objects.count() == 2


def test_it_refuses_to_run_again_what_another_person_ran(session: Session, cast: Cast) -> None:
    server(session)
    run = exec_start(user=cast.operator, session_id=session.pk, tool="greet", arguments={}).execution
    now = timezone.now()
    theirs = Session.objects.create(
        owner=cast.colleague, name="t", last_used_at=now, expires_at=now + timedelta(hours=1)
    )
    server(theirs)
    answer = cast.browser(cast.colleague).post(f"/sessions/{theirs.pk}/run/echo/greet/", {"again": run.pk})
    assert answer.status_code == 404


def test_secrets_are_stored_said_to_be_set_and_never_shown(session: Session, owner: Client) -> None:
    row = server(session, entry={"secrets": [{"name": "echo.key", "env": "KEY", "required": True}]})
    answer = owner.post(f"/sessions/{session.pk}/servers/echo/secrets/", {"secrets-value0": "canary-secret-1"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert list(row.secret_keys) == ["echo.key"]
    content = owner.get(f"/sessions/{session.pk}/").content.decode()
    assert "canary-secret-1" not in content
    assert 'name="secrets-remove0"' in content


def test_a_configuration_that_does_not_fit_changes_nothing_and_is_shown_as_typed(
    session: Session, owner: Client
) -> None:
    schema = {"type": "object", "required": ["level"], "properties": {"level": {"type": "integer", "maximum": 3}}}
    row = server(session, entry={"config_schema": schema}, config={"level": 1})
    address = f"/sessions/{session.pk}/servers/echo/config/"
    page = owner.post(address, {f"config-{row.pk}.level": "9"})
    assert page.status_code == 422
    assert 'value="9"' in page.content.decode()
    row.refresh_from_db()
    assert row.config == {"level": 1}
    assert owner.post(address, {f"config-{row.pk}.level": "2"}).status_code == 302
    row.refresh_from_db()
    assert row.config == {"level": 2}


@pytest.mark.django_db(transaction=True)  # tasks are sent after commit
def test_an_ended_session_shows_its_receipt(session: Session, owner: Client) -> None:
    answer = owner.post(f"/sessions/{session.pk}/end/")
    session.refresh_from_db()
    assert (answer.status_code, session.state) == (302, "ended")
    content = owner.get(answer["Location"]).content.decode()
    assert 'class="receipt"' in content


def test_the_list_of_sessions_asks_the_database_a_fixed_number_of_times(
    owner: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    for number in range(12):
        made = Session.objects.create(
            owner=cast.operator, name=str(number), last_used_at=now, expires_at=now + timedelta(hours=1)
        )
        server(made)
    with django_assert_max_num_queries(8):
        owner.get("/sessions/")


def catalogue_server(name: str, **values: Any) -> CatalogServer:
    source, _made = Source.objects.get_or_create(name="own", shape="own", rank=10)
    package = {"registry": "pypi", "name": name, "version": "1.0.0", "runner": "uvx"}
    return CatalogServer.objects.create(
        name=name, source=source, title=name, kind="package", package=package, approval="approved", **values
    )


def test_a_server_added_without_a_session_goes_into_a_new_one_and_then_into_the_newest(
    owner: Client, cast: Cast
) -> None:
    for name in ("time", "echo"):
        catalogue_server(name)
        answer = owner.post("/sessions/add/", {"server": name, "session": ""})
        made = Session.objects.get(owner=cast.operator)
        assert answer["Location"] == f"/sessions/{made.pk}/#server-{name}"
    assert made.servers.count() == 2


def test_it_refuses_to_add_to_another_persons_session(session: Session, cast: Cast) -> None:
    catalogue_server("time")
    answer = cast.browser(cast.colleague).post("/sessions/add/", {"server": "time", "session": session.pk})
    assert answer.status_code == 404
    assert not session.servers.exists()


def test_a_removed_server_leaves_a_receipt_on_the_page(session: Session, owner: Client) -> None:
    server(session, state=ServerState.REMOVED, receipt={"processes_stopped": 1, "left_over": 0})
    page = owner.post(f"/sessions/{session.pk}/servers/echo/remove/")
    assert page.status_code == 200
    assert 'class="receipt"' in page.content.decode()


def test_a_run_after_a_mistake_takes_the_mistake_off_the_form(session: Session, owner: Client) -> None:
    server(session)
    address = f"/sessions/{session.pk}/run/echo/greet/"
    wrong = owner.post(address, {"args.name": "far too long"}, headers=HTMX).content.decode()
    assert 'name="args@wrong"' in wrong
    right = owner.post(address, {"args.name": "Ada", "args@wrong": "1"}, headers=HTMX).content.decode()
    assert 'id="tool-form" hx-swap-oob="true"' in right
    assert 'aria-invalid="true"' not in right
    assert 'value="Ada"' in right


def test_an_auditor_reads_the_list_and_creates_no_session(cast: Cast) -> None:
    reader = cast.browser(cast.auditor)
    assert reader.get("/sessions/").status_code == 200
    assert reader.post("/sessions/", {"name": "x"}).status_code == 403
    assert not Session.objects.exists()
