"""The newcomer's way, in a clean clone and a real browser: from `make run` to the receipt that nothing is left.

With SCREENSHOTS=<folder> the pages on the way are kept there: they are the README's pictures.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.console import ROOT, RunningConsole, free_port

pytestmark = pytest.mark.browser
PASSWORD = "a long enough password 1"


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page in both themes, where pictures are wanted."""
    if folder := os.environ.get("SCREENSHOTS"):
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.screenshot(path=str(Path(folder) / f"{name}-{theme}.png"), animations="disabled")
        page.emulate_media(color_scheme="light")


def become_administrator(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Become administrator").click()
    expect(page).to_have_url(re.compile(r"/$"))


def find_and_add(page: Page, base: str) -> None:
    page.goto(f"{base}/catalog/")
    page.get_by_role("searchbox").fill("time")
    expect(page).to_have_url(re.compile("q=time"))  # searched while typing, and kept in the address
    result = page.get_by_role("main").get_by_role("link", name="Time", exact=True).first
    expect(result).to_be_visible()
    keep(page, "catalogue")
    result.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Time")
    keep(page, "server")
    page.get_by_role("button", name="Add to a session").click()
    expect(page).to_have_url(re.compile(r"/sessions/\w{26}/"))


def run_the_tool(page: Page) -> None:
    tool = page.get_by_role("link", name="get_current_time").first
    expect(tool).to_be_visible(timeout=120_000)  # the first start downloads the server; the page follows by itself
    keep(page, "session")
    tool.click()
    page.get_by_label(re.compile("timezone", re.IGNORECASE)).first.fill("Asia/Tokyo")
    page.get_by_role("button", name=re.compile("^Run")).first.click()
    result = page.get_by_role("region", name="Result")
    expect(result).to_contain_text("Asia/Tokyo")
    expect(result).to_contain_text(re.compile(r"Exit code\s*0"))
    assert re.match(r"\d{4}-\d\d-\d\dT", result.locator("time").first.get_attribute("datetime") or "")
    keep(page, "result")


def end_and_read_the_receipt(page: Page, base: str) -> None:
    page.goto(f"{base}/sessions/")
    page.get_by_role("main").get_by_role("link", name=re.compile("^Session of")).first.click()
    page.get_by_role("link", name="End session").click()
    page.get_by_role("dialog").get_by_role("button", name="End session").click()
    expect(page.locator(".receipt")).to_contain_text("Nothing is left", timeout=30_000)
    keep(page, "receipt")


def test_from_a_clean_clone_to_the_receipt(clean_clone: Path, page: Page) -> None:
    console = RunningConsole(root=clean_clone, data=clean_clone / "var", port=free_port())
    second = RunningConsole(root=clean_clone, data=console.data, port=console.port)
    try:
        console.start(timeout_s=300)
        become_administrator(page, console.setup_link)
        find_and_add(page, console.url)
        run_the_tool(page)
        end_and_read_the_receipt(page, console.url)
        assert not list((console.data / "sessions").glob("*"))
        written = {path.name for path in clean_clone.iterdir()} - {path.name for path in ROOT.iterdir()}
        assert written <= {".venv", "var"}  # nothing outside of the environment and the data folder

        console.stop()
        assert console.processes() == []
        second.start()
        assert second.seconds_to_start < 5.0
        page.goto(f"{second.url}/sessions/")
        expect(page.get_by_role("main")).to_contain_text("Ended")  # the ended session and the login are still there
        second.stop()
    finally:
        console.kill()
        second.kill()
