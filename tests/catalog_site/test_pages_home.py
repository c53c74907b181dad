"""The first page: the thing itself for a person, a way in for a stranger."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dynamic_mcp.models import Execution, ServerState, Session, SessionServer, SessionState
from people.models import User
from people.services import notify
from tests.support.cast import Cast

QUERIES_AT_MOST = 16


def make_session(owner: User, name: str, **values: object) -> Session:
    now = timezone.now()
    return Session.objects.create(
        owner=owner, name=name, last_used_at=now, expires_at=now + timedelta(hours=1), **values
    )


def test_a_stranger_is_led_to_the_login(cast: Cast) -> None:
    answer = Client().get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


@pytest.mark.django_db
def test_before_the_first_administrator_the_page_tells_of_the_printed_link() -> None:
    answer = Client(headers={"accept-language": "en"}).get("/")
    assert answer.status_code == 200
    assert "one-time link" in answer.content.decode()


def test_a_newcomer_sees_three_steps(cast: Cast) -> None:
    page = cast.browser(cast.operator).get("/", headers={"accept-language": "en"}).content.decode()
    assert page.count('class="step"') == 3
    assert 'data-state="now"' in page


def test_the_steps_go_once_a_tool_has_run(cast: Cast) -> None:
    session = make_session(cast.operator, "research")
    Execution.objects.create(owner=cast.operator, session=session, tool="get_current_time")
    page = cast.browser(cast.operator).get("/").content.decode()
    assert 'class="step"' not in page
    assert "research" in page


def test_it_shows_running_sessions_and_servers_that_wait_but_only_ones_own(cast: Cast) -> None:
    own = make_session(cast.operator, "own-session")
    SessionServer.objects.create(session=own, server="notion-remote", state=ServerState.NEEDS_AUTHORIZATION)
    other = make_session(cast.colleague, "foreign-session")
    SessionServer.objects.create(session=other, server="foreign-server", state=ServerState.FAILED)
    make_session(cast.operator, "old-session", state=SessionState.ENDED)
    page = cast.browser(cast.operator).get("/").content.decode()
    assert "own-session" in page
    assert "notion-remote" in page
    for hidden in ("foreign-session", "foreign-server", "old-session"):
        assert hidden not in page


def test_an_auditor_sees_nothing_of_other_peoples_work_here(cast: Cast) -> None:
    make_session(cast.operator, "own-session")
    assert "own-session" not in cast.browser(cast.auditor).get("/").content.decode()


def test_markup_in_names_and_details_is_shown_as_text(cast: Cast) -> None:
    session = make_session(cast.operator, "<script>alert(1)</script>")
    SessionServer.objects.create(
        session=session, server="<img src=x>", state=ServerState.FAILED, detail="<b onclick=x>no</b>"
    )
    page = cast.browser(cast.operator).get("/").content.decode()
    for markup in ("<script>alert", "<img src=x>", "<b onclick"):
        assert markup not in page


def test_an_unread_notice_is_shown_with_one_action(cast: Cast) -> None:
    notice = notify(user=cast.operator, code="suite.notice", url="/somewhere/")
    page = cast.browser(cast.operator).get("/").content.decode()
    assert f"/notices/{notice.id}/read/" in page


def test_the_number_of_queries_does_not_grow_with_the_work(cast: Cast, django_assert_max_num_queries: object) -> None:
    for number in range(6):
        session = make_session(cast.operator, f"session-{number}")
        SessionServer.objects.create(session=session, server="a", state=ServerState.FAILED)
        notify(user=cast.operator, code=f"suite.{number}")
    browser = cast.browser(cast.operator)
    with django_assert_max_num_queries(QUERIES_AT_MOST):  # type: ignore[operator]
        browser.get("/")
