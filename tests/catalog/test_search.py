"""Search over small and real catalogues."""

import pytest

from catalog.search import Filters, Index


def entry(name, title, description="", kind="remote", category="", tags=(), tools=(), oauth=False):
    categories = [category] if category else []
    return {
        "name": name, "title": title, "description": description, "kind": kind, "categories": categories,
        "tags": list(tags), "tools": [{"name": tool} for tool in tools], "requires_oauth": oauth,
    }  # fmt: skip


ENTRIES = [
    entry("time", "Time", "Tells the time.", "package", "utilities", tools=["get_current_time"]),
    entry("timesheets", "Timesheets", "Hours of people.", category="productivity"),
    entry("notion", "Notion", "Pages and databases.", category="productivity", tags=["wiki"], oauth=True),
    entry("playwright", "Playwright", "Drives a browser.", "image", "web", tags=["browser"]),
    entry("notes", "メモ帳", "日本語のメモを検索します。", "image", "productivity"),
    entry("pay", "Payments", "Takes any time you like.", category="payments", oauth=True),
]
INDEX = Index(ENTRIES)


def names(query="", **filters):
    return [ENTRIES[at]["name"] for at in INDEX.search(query, Filters(**filters)).positions]


def test_a_name_goes_before_a_beginning_and_a_beginning_before_a_description():
    assert names("time") == ["time", "timesheets", "pay"]


def test_a_beginning_is_enough_while_typing():
    assert names("not")[0] == "notion"
    assert names("playw") == ["playwright"]


@pytest.mark.parametrize("slip", ["notoin", "notiom", "ntion", "nottion"])
def test_small_typing_errors_are_forgiven(slip):
    assert names(slip) == ["notion"]


def test_tools_and_tags_are_searched():
    assert names("get_current_time")[0] == "time"
    assert names("wiki") == ["notion"]


@pytest.mark.parametrize(
    ("query", "first"), [("ブラウザ", "playwright"), ("課金", "pay"), ("日本語", "notes"), ("メモ", "notes")]
)
def test_japanese_words_find_japanese_and_english_texts(query, first):
    assert names(query)[0] == first


def test_a_sentence_finds_what_meets_most_of_its_words():
    assert names("please find me a tool that drives a browser")[0] == "playwright"


def test_filters_narrow_and_facets_count_what_each_would_give():
    found = INDEX.search("", Filters(category="productivity"))
    assert len(found.positions) == 3
    assert found.facets["kind"] == {"remote": 2, "image": 1}
    assert found.facets["category"]["productivity"] == 3
    assert names(requires_oauth=True) == ["notion", "pay"]
    assert names("time", kind="package") == ["time"]


@pytest.mark.parametrize("query", ["<script>", "zzzzqqqq", "%00", "'; drop table", "*" * 200, "あ", "🙂"])
def test_odd_queries_find_nothing_and_break_nothing(query):
    assert isinstance(names(query), list)
