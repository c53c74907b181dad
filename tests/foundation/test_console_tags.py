"""The template tags of the console's pages."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation


def render(source: str, **values: object) -> str:
    return Template("{% load console %}" + source).render(Context(values))


def test_an_icon_is_hidden_from_screen_readers_unless_it_has_words() -> None:
    assert 'aria-hidden="true"' in render('{% icon "play" %}')
    assert 'role="img" aria-label="Run"' in render('{% icon "play" "Run" %}')


def test_a_badge_says_its_state_by_word_icon_and_tone() -> None:
    badge = render('{% status_badge "failed" "It failed" %}')
    assert 'data-tone="bad"' in badge
    assert "#cross-circle" in badge
    assert "It failed" in badge


def test_markup_in_a_badge_is_text() -> None:
    assert "<script>" not in render("{% status_badge state state %}", state="<script>")


def test_an_unknown_state_is_quiet_and_a_given_tone_wins() -> None:
    assert 'data-tone="muted"' in render('{% status_badge "strange" %}')
    assert 'data-tone="info"' in render('{% status_badge "ready" "Ready" "info" %}')


def test_a_time_carries_its_exact_value() -> None:
    shown = render("{% time value %}", value=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert 'datetime="2026-01-02T03:04:05+00:00"' in shown
    assert "data-relative" in shown
    assert render("{% time value %}", value=None) == "–"


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "–"),
        (0.83, "0.8 ms"),
        (340.4, "340 ms"),
        (2_440, "2.4 s"),
        (59_999, "1 min 0 s"),
        (185_000, "3 min 5 s"),
        (7_440_000, "2 h 4 min"),
        (266_400_000, "3 d 2 h"),
    ],
)
def test_a_duration_is_said_in_the_units_people_use(milliseconds: float | None, words: str) -> None:
    with translation.override("en"):
        assert render("{% duration value %}", value=milliseconds) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(None, "–"), (0, "0 B"), (512, "512 B"), (1536, "1.5 KiB"), (2 * 1024**2, "2.0 MiB"), (5 * 1024**4, "5120.0 GiB")],
)
def test_a_size_is_said_in_binary_units(number: float | None, words: str) -> None:
    assert render("{% bytes value %}", value=number) == words


def test_a_query_is_replaced_key_by_key() -> None:
    request = RequestFactory().get("/catalog/?q=a+b&page=2")
    assert render("{% query_replace page=3 %}", request=request) == "?q=a+b&amp;page=3"
    assert render("{% query_replace q=None page='' %}", request=request) == "?"
