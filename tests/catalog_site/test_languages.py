"""Which language a page speaks: the chosen one, else the browser's, else Japanese."""

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext

from audit.models import AuditEvent, Verb
from foundation.templatetags.console import duration
from people.models import Notice
from tests.support.cast import Cast
from tests.support.visible import visible

pytestmark = pytest.mark.django_db


def spoken(browser: Client, **headers: str) -> str:
    return visible(browser.get("/login/", headers=headers).content.decode(), "")[0]


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en-GB,en;q=0.9", "en"),
        ("en-US", "en"),
        ("fr-FR,en;q=0.5", "en"),
        ("fr-FR", "ja"),
        ("", "ja"),
        ("*", "ja"),
        (";;q=broken", "ja"),
    ],
)
def test_the_browser_chooses_and_japanese_is_the_default(client: Client, wanted: str, language: str) -> None:
    assert spoken(client, **({"Accept-Language": wanted} if wanted else {})) == language


def test_a_language_chosen_by_hand_wins_over_the_browsers_and_leads_back(cast: Cast) -> None:
    browser = cast.browser(cast.operator)
    answer = browser.post("/i18n/setlang/", {"language": "en", "next": "/catalog/?q=time"})
    assert (answer.status_code, answer["Location"]) == (302, "/catalog/?q=time")
    page = browser.get("/", headers={"Accept-Language": "ja"}).content.decode()
    assert '<html lang="en"' in page
    browser.post("/i18n/setlang/", {"language": "ja", "next": "/"})
    assert '<html lang="ja"' in browser.get("/", headers={"Accept-Language": "en"}).content.decode()


def test_a_choice_never_leads_to_another_site(client: Client) -> None:
    answer = client.post("/i18n/setlang/", {"language": "en", "next": "https://elsewhere.example/"})
    assert not answer["Location"].startswith("https://elsewhere")


def test_a_language_the_console_does_not_speak_changes_nothing(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "xx", "next": "/"})
    assert spoken(client) == "ja"


def test_problems_of_the_api_are_told_in_the_callers_language_with_the_same_code(cast: Cast) -> None:
    program = cast.program(cast.operator)
    told = {
        language: program.get("/api/v1/sessions/none", headers={"Accept-Language": language}).json()
        for language in ("ja", "en")
    }
    assert told["ja"]["code"] == told["en"]["code"]
    assert told["ja"]["title"] == "見つかりません"
    assert told["en"]["title"] == "Not found"


def test_a_notice_is_told_in_its_readers_language(cast: Cast) -> None:
    Notice.objects.create(user=cast.operator, code="unknown.code", context={})
    browser = cast.browser(cast.operator)
    assert "対応が必要なことがあります" in browser.get("/notices/", headers={"Accept-Language": "ja"}).content.decode()
    assert "Something waits for you" in browser.get("/notices/", headers={"Accept-Language": "en"}).content.decode()


def test_a_wrong_form_is_told_in_japanese_by_django_too(cast: Cast) -> None:
    browser = cast.browser(cast.administrator)
    page = browser.post("/people/new/", {"username": ""}, headers={"Accept-Language": "ja"}).content.decode()
    assert "このフィールドは必須です" in page


def test_the_consoles_words_win_over_djangos_and_have_one_form() -> None:
    with translation.override("ja"):
        assert gettext("Console") == "コンソール"
        assert gettext("People") == "ユーザー"
        one, many = "%(number)s tool", "%(number)s tools"
        assert {ngettext(one, many, number) % {"number": number} for number in (1, 2)} == {"ツール1件", "ツール2件"}
    with translation.override("en"):
        assert ngettext("%(number)s tool", "%(number)s tools", 1) == "%(number)s tool"


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(340, "340ミリ秒"), (2400, "2.4秒"), (185_000, "3分5秒"), (7_440_000, "2時間4分")]
)
def test_lengths_of_time_are_told_in_japanese(milliseconds: int, words: str) -> None:
    with translation.override("ja"):
        assert duration(milliseconds) == words


def test_the_audit_log_says_by_way_of_what_in_the_readers_language(cast: Cast) -> None:
    AuditEvent.objects.create(verb=Verb.USER_LOGIN, actor_name="somebody", via="page", address="192.0.2.1")
    browser = cast.browser(cast.auditor)
    for language, words in (("ja", "192.0.2.1 · 画面"), ("en", "192.0.2.1 · page")):
        assert words in browser.get("/audit/", headers={"Accept-Language": language}).content.decode()
