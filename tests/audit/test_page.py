import pytest
from django.utils import timezone

from audit import services
from audit.models import AuditEvent, Outcome, Verb
from tests.support.cast import Cast


@pytest.fixture
def log(cast: Cast) -> None:
    services.record(Verb.USER_LOGIN, actor=cast.operator, obj=cast.operator)
    services.record(Verb.USER_UPDATE, actor=cast.administrator, obj=cast.colleague, detail={"role": "auditor"})
    services.record(Verb.EXEC_RUN, actor=cast.officer, outcome=Outcome.FAILED, detail={"exit_code": 1})


def shown(page) -> list[str]:
    return [event.verb for event in page.context["events"]]


def test_auditors_and_administrators_read_the_log(cast: Cast, log: None) -> None:
    for user in (cast.auditor, cast.administrator):
        page = cast.browser(user).get("/audit/")
        assert shown(page) == ["exec.run", "user.update", "user.login"]


def test_it_refuses_the_log_to_everybody_else(cast: Cast, log: None) -> None:
    for user in (cast.operator, cast.officer):
        assert cast.browser(user).get("/audit/").status_code == 403
    assert cast.browser(None).get("/audit/").url.startswith("/login/")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"person": "operator"}, ["user.login"]),
        ({"verb": "exec.run"}, ["exec.run"]),
        ({"outcome": "failed"}, ["exec.run"]),
        ({"object": "user"}, ["user.update", "user.login"]),
        ({"q": "colleag"}, ["user.update"]),
        ({"q": "nothing of the kind"}, []),
        ({"since": "2000-01-01", "until": "2001-01-01"}, []),
        ({"verb": "no.such"}, ["exec.run", "user.update", "user.login"]),
        ({"since": "yesterday"}, ["exec.run", "user.update", "user.login"]),
        ({"q": "\x00"}, ["exec.run", "user.update", "user.login"]),
    ],
)
def test_the_log_is_narrowed(cast: Cast, log: None, query: dict[str, str], expected: list[str]) -> None:
    page = cast.browser(cast.auditor).get("/audit/", query)
    assert page.status_code == 200
    assert shown(page) == expected


def test_days_are_inclusive(cast: Cast, log: None) -> None:
    today = timezone.localdate().isoformat()
    assert len(shown(cast.browser(cast.auditor).get("/audit/", {"since": today, "until": today}))) == 3


def test_the_log_comes_by_the_page_without_gaps(cast: Cast) -> None:
    for n in range(120):
        services.record(Verb.EXEC_RUN, actor=cast.operator, detail={"n": n})
    browser = cast.browser(cast.auditor)
    seen: list[int] = []
    url = "/audit/?person=operator"
    while url:
        page = browser.get(url)
        seen += [event.detail["n"] for event in page.context["events"]]
        url = page.context["next_url"] and "/audit/" + page.context["next_url"]
    assert seen == list(range(119, -1, -1))


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 40, "\u0663", "1 OR 1=1"])
def test_it_refuses_a_cursor_that_was_not_made_here(cast: Cast, log: None, cursor: str) -> None:
    assert cast.browser(cast.auditor).get("/audit/", {"cursor": cursor}).status_code == 422


def test_the_page_asks_the_database_a_fixed_number_of_times(cast: Cast, django_assert_max_num_queries) -> None:
    for n in range(60):
        services.record(Verb.EXEC_RUN, actor=cast.operator, obj=cast.colleague, detail={"n": n})
    browser = cast.browser(cast.auditor)
    with django_assert_max_num_queries(5):
        browser.get("/audit/")


def test_names_with_markup_are_shown_as_text(cast: Cast) -> None:
    cast.colleague.username = "<img src=x onerror=alert(1)>"
    services.record(Verb.USER_UPDATE, actor=cast.colleague, obj=cast.colleague, detail={"<b>k": "<b>v"})
    page = cast.browser(cast.auditor).get("/audit/").content.decode()
    assert "<img src=x" not in page
    assert "<b>" not in page


def test_the_page_takes_no_post(cast: Cast, log: None) -> None:
    assert cast.browser(cast.administrator).post("/audit/").status_code == 405
    assert AuditEvent.objects.count() == 3
