import pytest
from django.utils.translation import gettext_lazy as _

from people import notice_texts, services
from people.models import Notice
from tests.support.cast import Cast

notice_texts.register("suite.gateway_closed", _("The gateway %(gateway)s closed."))


@pytest.fixture
def notice(cast: Cast) -> Notice:
    return services.notify(
        user=cast.operator, code="suite.gateway_closed", context={"gateway": "<b>east</b>"}, url="/gateways/"
    )


def test_a_notice_reads_as_a_sentence_with_its_names_escaped(cast: Cast, notice: Notice) -> None:
    page = cast.browser(cast.operator).get("/notices/").content.decode()
    assert "&lt;b&gt;east&lt;/b&gt;" in page
    assert "<b>east" not in page


def test_the_same_unread_notice_is_not_there_twice(cast: Cast, notice: Notice) -> None:
    same = {"code": notice.code, "context": notice.context, "url": notice.url}
    assert services.notify(user=cast.operator, **same).pk == notice.pk
    services.notice_read(user=cast.operator, notice_id=notice.pk)
    assert services.notify(user=cast.operator, **same).pk != notice.pk


def test_a_code_without_a_sentence_is_said_plainly(cast: Cast) -> None:
    unknown = services.notify(user=cast.operator, code="suite.unheard_of", context={"x": "100 % %(y)s"})
    assert "suite.unheard_of" in notice_texts.sentence(unknown)
    short = services.notify(user=cast.operator, code="suite.gateway_closed")
    assert "…" in notice_texts.sentence(short)


def test_opening_a_notice_marks_it_as_read_and_goes_where_it_leads(cast: Cast, notice: Notice) -> None:
    done = cast.browser(cast.operator).post(f"/notices/{notice.pk}/read/", {"open": "1"})
    assert done.url == "/gateways/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_it_refuses_to_lead_away_from_the_console_by_a_notice(cast: Cast) -> None:
    bad = services.notify(user=cast.operator, code="x", url="//evil.example/")
    assert cast.browser(cast.operator).post(f"/notices/{bad.pk}/read/", {"open": "1"}).url == "/"


def test_everything_is_marked_as_read_for_oneself_only(cast: Cast, notice: Notice) -> None:
    cast.browser(cast.colleague).post("/notices/read/")
    assert Notice.objects.filter(read_at=None).count() == 1
    cast.browser(cast.operator).post("/notices/read/")
    assert not Notice.objects.filter(read_at=None).exists()


def test_another_users_notice_is_not_there(cast: Cast, notice: Notice) -> None:
    for user in (cast.colleague, cast.officer, cast.administrator, cast.auditor):
        assert cast.browser(user).post(f"/notices/{notice.pk}/read/").status_code == 404
        program = cast.program(user)
        assert program.post(f"/api/v1/notices/{notice.pk}/read").status_code in (403, 404)
        assert program.get("/api/v1/notices").json()["results"] == []
    assert cast.browser(None).post(f"/notices/{notice.pk}/read/").status_code == 302
    assert cast.browser(None).post(f"/api/v1/notices/{notice.pk}/read").status_code == 401
    notice.refresh_from_db()
    assert notice.read_at is None


def test_the_api_lists_and_marks_notices(cast: Cast, notice: Notice) -> None:
    program = cast.program(cast.operator)
    listed = program.get("/api/v1/notices").json()
    assert (listed["count"], listed["next_cursor"]) == (1, None)
    only = listed["results"][0]
    assert (only["id"], only["code"], only["url"]) == (notice.pk, notice.code, "/gateways/")
    assert "<b>east</b>" in only["text"]
    assert only["created_at"].endswith(("Z", "+00:00"))
    read = program.post(f"/api/v1/notices/{notice.pk}/read")
    assert read.status_code == 200
    assert read.json()["read_at"]


def test_the_api_gives_notices_by_the_page(cast: Cast) -> None:
    for n in range(5):
        services.notify(user=cast.operator, code="x", context={"n": str(n)})
    program = cast.program(cast.operator)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = program.get("/api/v1/notices", {"limit": 2, "cursor": cursor}).json()
        assert page["count"] == 5
        assert len(page["results"]) <= 2
        seen += [entry["context"]["n"] for entry in page["results"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("limit", ["0", "201", "many", "-1"])
def test_it_refuses_a_limit_out_of_bounds(cast: Cast, limit: str) -> None:
    answer = cast.program(cast.operator).get("/api/v1/notices", {"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_read_only_token_cannot_mark_a_notice(cast: Cast, notice: Notice) -> None:
    program = cast.program(cast.operator, "read")
    assert program.get("/api/v1/notices").status_code == 200
    assert program.post(f"/api/v1/notices/{notice.pk}/read").status_code == 403


def test_a_cookie_without_the_csrf_token_cannot_mark_a_notice(cast: Cast, notice: Notice) -> None:
    browser = cast.browser(cast.operator, csrf=True)
    assert browser.get("/api/v1/notices").status_code == 200
    assert browser.post(f"/api/v1/notices/{notice.pk}/read").status_code == 403


def test_the_inbox_asks_the_database_a_fixed_number_of_times(cast: Cast, django_assert_max_num_queries) -> None:
    for n in range(120):
        services.notify(user=cast.operator, code="x", context={"n": str(n)})
    browser = cast.browser(cast.operator)
    with django_assert_max_num_queries(6):
        page = browser.get("/notices/")
    assert "page=2" in page.content.decode()
    assert browser.get("/notices/?page=nonsense").status_code == 200


def test_an_empty_inbox_says_what_it_is_for(cast: Cast) -> None:
    assert 'class="empty"' in cast.browser(cast.colleague).get("/notices/").content.decode()


def test_the_profile_keeps_theme_and_language_in_forms(cast: Cast) -> None:
    browser = cast.browser(cast.operator)
    page = browser.get("/profile/").content.decode()
    assert "/i18n/setlang/" in page
    browser.post("/i18n/setlang/", {"language": "en", "next": "/profile/"})
    assert 'lang="en"' in browser.get("/profile/").content.decode()
