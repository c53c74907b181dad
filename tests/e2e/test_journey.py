"""The newcomer's way, in a clean clone and a real browser: from `make run` to the receipt that nothing is left.

With SCREENSHOTS=<folder> the pages on the way are kept there: they are the README's pictures.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.console import RunningConsole, free_port

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
    page.get_by_label(re.compile("again|confirm", re.IGNORECASE)).fill(PASSWORD)
    page.get_by_role("button", name=re.compile("administrator", re.IGNORECASE)).click()
    expect(page).to_have_url(re.compile(r"/$"))


def find_and_add(page: Page, base: str) -> None:
    page.goto(f"{base}/catalog/")
    page.get_by_role("searchbox").fill("time")
    result = page.get_by_role("link", name=re.compile(r"^time\b", re.IGNORECASE)).first
    expect(result).to_be_visible()
    keep(page, "catalogue")
    result.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("time", re.IGNORECASE))
    keep(page, "server")
    page.get_by_role("button", name="Add to a session").click()
    expect(page).to_have_url(re.compile(r"/sessions/"))


def test_from_a_clean_clone_to_the_receipt(clean_clone: Path, page: Page, tmp_path: Path) -> None:
    console = RunningConsole(root=clean_clone, data=clean_clone / "var", port=free_port())
    try:
        console.start(timeout_s=300)
        become_administrator(page, console.setup_link)
        find_and_add(page, console.url)

        tool = page.get_by_role("link", name=re.compile("get_current_time")).first
        expect(tool).to_be_visible(timeout=120_000)  # the first start downloads the server
        keep(page, "session")
        tool.click()
        page.get_by_label(re.compile("timezone", re.IGNORECASE)).first.fill("Asia/Tokyo")
        page.get_by_role("button", name=re.compile("^Run")).click()
        result = page.locator("[data-execution]")
        expect(result).to_contain_text("Asia/Tokyo")
        expect(result).to_contain_text(re.compile(r"Exit code\s*0"))
        expect(result.locator("time").first).to_be_visible()
        keep(page, "result")

        page.goto(f"{console.url}/sessions/")
        page.get_by_role("main").get_by_role("link", name=re.compile("time", re.IGNORECASE)).first.click()
        page.get_by_role("button", name="End session").first.click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("^End")).click()
        expect(page.get_by_text(re.compile("left over|Nothing is left", re.IGNORECASE)).first).to_be_visible(
            timeout=30_000
        )
        keep(page, "receipt")
        assert not list((console.data / "sessions").glob("*"))

        assert console.stop() == 0
        assert console.processes() == []
        second = RunningConsole(root=clean_clone, data=console.data, port=console.port)
        second.start()
        assert second.seconds_to_start < 5.0
        page.goto(f"{second.url}/sessions/")
        expect(page.get_by_role("main")).to_be_visible()
        assert second.stop() == 0
    finally:
        console.kill()
