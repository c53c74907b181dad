"""Every page as people meet it: with axe in both themes and languages, on a phone, by keyboard, without JavaScript."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, StorageState, expect

from tests.support.console import RunningConsole
from tests.support.program import PASSWORD, program_for
from tests.support.waiting import until

pytestmark = pytest.mark.browser
AXE = (Path(axe_playwright_python.__path__[0]) / "axe.min.js").read_text()
# Swagger UI's inside is third-party markup; its place on our page is looked at, what it draws there is not
# colours that are still changing from the other theme are no finding
SETTLED = """Promise.all(document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished))
  .then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))"""
AXE_RUN = """rules => axe.run({exclude: ['#api-docs']}, {resultTypes: ['violations'], ...(rules && {runOnly: rules})})
  .then(found => found.violations)"""
CATALOGUE_PAGE_MAX_BYTES = 60_000
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}


@dataclass
class House:
    """A console at work: an administrator with sessions in every state, and somebody who has not begun."""

    url: str
    login: StorageState
    session: str
    paths: list[str]


def logged_in(context: BrowserContext, url: str, name: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/login/")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page).to_have_url(f"{url}/")
    return page


@pytest.fixture(scope="module")
def house(console: RunningConsole, browser: Browser) -> House:
    keeper = program_for(console, "keeper", "administrator", "read", "use", "manage")
    console.manage("user_create", "newcomer", "--password-stdin", stdin=PASSWORD + "\n")
    session = keeper.session_with("time")
    keeper.call("POST", f"/sessions/{session}/servers", {"server": "notion"})  # waits for its secret
    keeper.call("POST", f"/sessions/{session}/servers", {"server": "linear"})  # waits for a sign-in
    keeper.call("POST", f"/sessions/{session}/servers", {"server": "git", "config": {"repository": "/nowhere"}})
    good = keeper.run(session, "get_current_time", {"timezone": "Asia/Tokyo"})
    wrong = keeper.run(session, "get_current_time", {"timezone": "Mars/Olympus"})
    refused = keeper.run(session, "get_current_time", {})
    assert [run["exit_code"] for run in (good, wrong, refused)] == [0, 1, 2]
    ended = keeper.call("POST", "/sessions", {"name": "決済と予約の統合テスト用のセッション"})[1]["id"]
    keeper.call("DELETE", f"/sessions/{ended}")
    context = browser.new_context(locale="en-GB")
    logged_in(context, console.url, "keeper")
    runs = [f"/executions/{run['execution_id']}/" for run in (good, wrong, refused)]
    paths = ["/", "/catalog/", "/catalog/?q=zzzz", "/catalog/time/", "/catalog/linear/", "/catalog/dockerhub/"]
    paths += ["/sessions/", f"/sessions/{session}/", f"/sessions/{ended}/", f"/sessions/{session}/executions/"]
    paths += [f"/sessions/{session}/tools/time/get_current_time/", *runs, "/notices/", "/people/", "/people/1/"]
    paths += ["/tokens/", "/profile/", "/password/", "/sources/", "/audit/", "/nothing/here/", "/api/v1/docs"]
    house = House(console.url, context.storage_state(), session, paths)
    context.close()
    return house


def complaints(page: Page) -> list[str]:
    """Return the list that fills with what the page's console complains of; an error page's own status is none."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "responded with a status of 404" not in message.text:
            said.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    return said


def findings(page: Page) -> list[str]:
    """Return what axe finds on the page in both themes."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = []
    for theme, rules in (("light", None), ("dark", ["color-contrast"])):  # the rest does not depend on the theme
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.evaluate(SETTLED)
        found += page.evaluate(AXE_RUN, rules)
    return [f"{page.url} {rule['id']}: {[node['html'][:200] for node in rule['nodes'][:3]]}" for rule in found]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_page_gives_axe_or_the_browser_a_complaint_or_scrolls_sideways(
    house: House, browser: Browser, language: str
) -> None:
    context = browser.new_context(storage_state=house.login, reduced_motion="reduce", viewport=DESK)  # type: ignore[arg-type]
    context.add_cookies([{"name": "django_language", "value": language, "url": house.url}])
    page = context.new_page()
    said, found, wide = complaints(page), [], []
    for path in house.paths:
        page.goto(house.url + path)
        if path == "/api/v1/docs":
            expect(page.locator(".opblock").first).to_be_visible()
        assert page.locator("html").get_attribute("lang") == language
        found += findings(page)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        wide += [path] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else []
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
    context.close()
    assert (found, said, wide) == ([], [], [])


@pytest.fixture
def at_work(house: House, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(storage_state=house.login, reduced_motion="reduce", viewport=DESK)  # type: ignore[arg-type]
    context.add_cookies([{"name": "django_language", "value": "en", "url": house.url}])
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_the_keyboard_alone_is_enough(house: House, at_work: Page) -> None:
    page = at_work
    page.goto(f"{house.url}/catalog/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("time")
    expect(page).to_have_url(re.compile("q=time"))
    page.locator("main a.row-title").first.focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    expect(page.locator("main a.row-title").first).to_be_focused()

    page.goto(f"{house.url}/sessions/{house.session}/")
    opener = page.get_by_role("link", name="End session")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()  # the safe choice
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

    page.goto(f"{house.url}/sessions/{house.session}/tools/time/get_current_time/")
    page.get_by_label(re.compile("timezone", re.IGNORECASE)).first.focus()
    page.keyboard.type("Asia/Tokyo")
    page.keyboard.press("Enter")
    expect(page.locator(".result")).to_contain_text(re.compile(r"Exit code\s*0"))


def test_a_form_that_does_not_fit_comes_back_with_the_focus_in_the_wrong_field(house: House, at_work: Page) -> None:
    page = at_work
    page.goto(f"{house.url}/sources/")
    page.get_by_label("Path or address").fill("no-such-file-anywhere")
    page.get_by_role("button", name="Add and read").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Path or address")).to_be_focused()
    expect(page.get_by_label("Path or address")).to_have_value("no-such-file-anywhere")


def test_a_server_that_cannot_run_here_says_so_and_leaves_no_session_behind(house: House, at_work: Page) -> None:
    page = at_work
    page.goto(f"{house.url}/catalog/?q=linear")
    row = page.locator("main .row", has=page.get_by_role("link", name="Linear", exact=True)).first
    expect(row).to_contain_text("Needs sign-in")
    expect(row.get_by_role("button")).to_have_count(0)  # nothing to press that could not work
    row.get_by_role("link", name=re.compile("Details")).click()
    expect(page.get_by_role("status").first).to_contain_text("not built in this version")


def test_the_catalogue_page_is_small(house: House, at_work: Page) -> None:
    answer = at_work.goto(f"{house.url}/catalog/")
    assert answer is not None
    assert len(answer.body()) <= CATALOGUE_PAGE_MAX_BYTES


def test_a_newcomer_gets_all_the_way_without_javascript(house: House, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB", java_script_enabled=False, viewport=DESK)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    context.add_cookies([{"name": "django_language", "value": "en", "url": house.url}])
    page = logged_in(context, house.url, "newcomer")
    page.get_by_role("link", name="Search “time”").click()
    page.get_by_role("button", name="Add Time", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sessions/\w{26}/"))
    tool = page.get_by_role("link", name="get_current_time", exact=True)

    def told() -> bool:
        page.reload()
        return tool.count() == 1

    until(told, timeout_s=60)
    tool.click()
    page.get_by_label(re.compile("timezone", re.IGNORECASE)).first.fill("Asia/Tokyo")
    page.get_by_role("button", name="Run", exact=True).last.click()
    expect(page.locator(".result")).to_contain_text(re.compile(r"Exit code\s*0"))
    page.locator("a.back").click()
    page.get_by_role("link", name="End session").click()
    page.locator("dialog:target").get_by_role("button", name="End session").click()
    expect(page.locator(".receipt")).to_contain_text("Nothing is left", timeout=30_000)
    context.close()
