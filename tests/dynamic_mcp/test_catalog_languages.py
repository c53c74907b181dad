"""The starter catalogue speaks the reader's language on pages; the API and what others wrote stay as they are."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.utils.translation import override

from catalog import selectors, services
from catalog.models import CatalogServer
from catalog.wording import CATEGORIES, category_worded, schema_worded, worded
from dynamic_mcp import services as sessions
from dynamic_mcp.entries import snapshot
from dynamic_mcp.models import SessionServer
from tests.support import messages
from tests.support.cast import Cast
from tests.support.sessions import entry_make

pytestmark = pytest.mark.django_db
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


@pytest.fixture(autouse=True)
def _starter(db: None) -> Iterator[None]:
    selectors.forget()
    services.source_sync(source="starter")
    yield
    selectors.forget()


def shown(cast: Cast, path: str, language: str) -> str:
    answer = cast.browser(cast.operator).get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def names(cast: Cast, query: str) -> list[str]:
    answer = cast.browser(cast.operator).get("/api/v1/catalog/servers", {"q": query})
    return [row["name"] for row in answer.json()["results"]]


def test_the_list_says_what_a_server_does_in_the_reader_s_language(cast: Cast) -> None:
    japanese, english = (shown(cast, "/catalog/?q=sqlite", language) for language in ("ja", "en"))
    assert "SQLiteのデータベースファイルを検索・変更し" in japanese
    assert "Queries and changes an SQLite" not in japanese
    assert "Queries and changes an SQLite database file" in english
    assert "SQLiteのデータベース" not in english


def test_categories_are_chips_in_the_reader_s_language_with_the_same_address(cast: Cast) -> None:
    japanese, english = (shown(cast, "/catalog/", language) for language in ("ja", "en"))
    for page, label in ((japanese, "データベース"), (english, "database")):
        assert re.search(rf'href="/catalog/\?category=database">{label} <span', page)


def test_a_server_s_page_is_japanese_down_to_its_tools_settings_and_secrets(cast: Cast) -> None:
    page = shown(cast, "/catalog/sqlite/", "ja")
    for text in ("テーブルを作成します。", "データベースファイルのパスです。"):
        assert text in page
    assert "Atlassian（ConfluenceとJira）" in shown(cast, "/catalog/atlassian/", "ja")
    assert "AtlassianアカウントのAPIトークンです。" in shown(cast, "/catalog/atlassian/", "ja")
    assert not JAPANESE.search(shown(cast, "/catalog/atlassian/", "en").replace("日本語", ""))


def test_the_forms_of_a_session_speak_the_reader_s_language_and_keep_what_is_posted(cast: Cast) -> None:
    session = sessions.session_create(user=cast.operator, name="here")
    entry = snapshot(CatalogServer.objects.get(name="atlassian"))
    row = SessionServer.objects.create(session=session, server="atlassian", entry=entry, state="needs_input")
    path = f"/sessions/{session.pk}/"
    for text in ("Jiraのアドレス", "アカウントのメールアドレスです。", "AtlassianアカウントのAPIトークンです。"):
        assert text in shown(cast, path, "ja")
    assert "Jira address" in shown(cast, path, "en")
    posted = {f"config-{row.pk}.jira_url": "https://a.test"}
    answer = cast.browser(cast.operator).post(
        f"{path}servers/atlassian/config/", posted, headers={"accept-language": "ja"}
    )
    assert answer.status_code == 422
    assert "アカウントのメールアドレスです。" in answer.content.decode()
    assert "https://a.test" in answer.content.decode()


def test_the_api_answers_the_english_text_in_every_language(cast: Cast) -> None:
    browser = cast.browser(cast.operator)
    for path in ("/api/v1/catalog/servers?q=sqlite", "/api/v1/catalog/servers/sqlite"):
        japanese = browser.get(path, headers={"accept-language": "ja"}).content.decode()
        assert japanese == browser.get(path, headers={"accept-language": "en"}).content.decode()
        assert "Queries and changes an SQLite database file" in japanese
        assert not JAPANESE.search(japanese)


def test_what_others_wrote_is_shown_as_they_wrote_it(cast: Cast) -> None:
    entry_make("odd", title="Catalogue", description="Sources", categories=["oddities"])
    selectors.forget()
    page = shown(cast, "/catalog/odd/", "ja")
    assert "<h1>Catalogue</h1>" in page
    assert "<p>Sources</p>" in page
    assert "oddities" in shown(cast, "/catalog/?category=oddities", "ja")


@pytest.mark.parametrize(
    ("query", "name"),
    [("文字に起こし", "elevenlabs"), ("請求書", "paypal"), ("百科事典", "wikipedia-mcp"), ("知識グラフ", "memory")],
)
def test_a_japanese_word_of_a_description_finds_the_server(cast: Cast, query: str, name: str) -> None:
    assert name in names(cast, query)[:4]


def test_a_japanese_category_finds_what_is_in_it(cast: Cast) -> None:
    assert {"linear", "asana", "monday"} <= set(names(cast, "生産性"))


def test_making_the_search_index_leaves_the_reader_s_language_alone() -> None:
    with override("en"):
        selectors.forget()
        selectors.snapshot()
        assert category_worded("database") == "database"


def test_every_text_that_is_extracted_is_one_that_the_pages_look_up() -> None:
    """The words as they lie in the database, not as they lie in the file, are what is looked up."""
    expected = {text for text, context, _file in messages.catalogue_texts() if context == "starter catalogue"}
    with override("ja"):
        for row in CatalogServer.objects.all():
            said = [row.description, *(item["description"] for item in [*row.tools, *row.secrets])]
            for part in schema_worded(row.config_schema).get("properties", {}).values():
                assert JAPANESE.search(part["title"]), part
                assert JAPANESE.search(part["description"]), part
            assert [text for text in said if not JAPANESE.search(worded(text))] == []
            parts = row.config_schema.get("properties", {}).values()
            expected -= {*said, row.title, *(part[key] for part in parts for key in ("title", "description"))}
    assert expected == set()


def test_two_categories_never_have_the_same_japanese_name() -> None:
    with override("ja"):
        assert len({category_worded(name) for name in CATEGORIES}) == len(CATEGORIES)


@pytest.mark.parametrize(
    "schema", [None, [], "x", {}, {"properties": []}, {"properties": {"a": True, "b": {"title": 3}}}]
)
def test_a_schema_of_another_shape_comes_back_as_it_is(schema: object) -> None:
    assert schema_worded(schema) == schema
