"""The shell around every page: menu by role, theme, error pages, strict markup."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.support.cast import Cast

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SPRITE = (settings.BASE_DIR / "static/icons/sprite.svg").read_text()


def test_the_menu_shows_administration_to_administrators_only(cast: Cast) -> None:
    assert 'href="/people/"' in cast.browser(cast.administrator).get("/").content.decode()
    for person in (cast.operator, cast.officer, cast.auditor):
        assert 'href="/people/"' not in cast.browser(person).get("/").content.decode()


def test_the_menu_marks_the_page_that_is_read(cast: Cast) -> None:
    page = cast.browser(cast.operator).get("/notices/").content.decode()
    assert re.search(r'href="/notices/"\s+aria-current="page"', page)


def test_the_theme_is_kept_in_a_cookie_and_set_on_the_page(cast: Cast) -> None:
    browser = cast.browser(cast.operator)
    answer = browser.post("/theme/", {"theme": "dark", "next": "/notices/"})
    assert answer["Location"] == "/notices/"
    assert 'data-theme="dark"' in browser.get("/").content.decode()
    browser.post("/theme/", {"theme": "auto"})
    assert "data-theme=" not in browser.get("/").content.decode().split(">", 2)[1]


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_theme_form_refuses_to_lead_away(target: str) -> None:
    assert Client().post("/theme/", {"theme": "dark", "next": target})["Location"] == "/"


@pytest.mark.django_db
def test_a_forged_theme_cookie_writes_nothing_into_the_page() -> None:
    browser = Client()
    browser.cookies["theme"] = 'dark" onload="x'
    assert "onload" not in browser.get("/").content.decode()


def test_a_page_that_is_not_there_is_calm_in_both_shells(cast: Cast) -> None:
    for browser, shell in ((cast.browser(cast.operator), 'id="sidebar"'), (Client(), 'class="plain"')):
        answer = browser.get("/nothing-here/")
        page = answer.content.decode()
        assert answer.status_code == 404
        assert shell in page
        assert "access.not_found" in page


def test_a_crash_answers_with_the_calm_page_and_no_trace(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(user: object) -> None:
        raise RuntimeError("the-inner-secret")

    monkeypatch.setattr("catalog_site.home_views.overview", crash)
    browser = cast.browser(cast.operator)
    browser.raise_request_exception = False
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "internal.error" in answer.content.decode()
    assert "the-inner-secret" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_a_role_without_the_duty_gets_the_403_page(cast: Cast) -> None:
    answer = cast.browser(cast.operator).get("/people/")
    assert answer.status_code == 403
    assert "access.forbidden" in answer.content.decode()


def test_an_error_in_an_htmx_answer_goes_beside_the_page_as_a_toast(cast: Cast) -> None:
    answer = cast.browser(cast.operator).get("/people/", headers={"hx-request": "true"})
    assert answer.status_code == 403
    assert answer["HX-Retarget"] == "#toasts"
    assert "<html" not in answer.content.decode()


def test_messages_come_along_with_htmx_answers(cast: Cast) -> None:
    browser = cast.browser(cast.operator)
    browser.post("/notices/read/")  # leaves a message
    page = browser.get("/notices/", headers={"hx-request": "true"}).content.decode()
    shown_in_page = page.count('data-tone="ok"')
    assert shown_in_page == 1
    assert browser.get("/notices/").content.decode().count('data-tone="ok"') == 0


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_a_template_keeps_to_the_strict_policy(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "inline handler"
    assert "hx-on" not in text
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), "inline script"
    assert not re.search(r"(src|href)=[\"']https?://", text), "something from elsewhere"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_an_icon_that_a_template_names_is_drawn(template: Path) -> None:
    for name in re.findall(r"{% icon \"([a-z-]+)\"", template.read_text()):
        assert f'<symbol id="{name}"' in SPRITE, name
