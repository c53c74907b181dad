"""The real `server-everything` by `npx` in a real console: its tools through the API and on the page."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.console import ROOT, RunningConsole, free_port, running_console
from tests.support.program import PASSWORD, Program, program_for

pytestmark = pytest.mark.node


@dataclass
class Everything:
    """A session with the server in it."""

    console: RunningConsole
    program: Program
    session: str

    def run(self, tool: str, arguments: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        return self.program.run(self.session, tool, arguments or {}, **more)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    with running_console(ROOT, tmp_path_factory.mktemp("data")) as console:
        program = program_for(console, "tester")
        yield Everything(console, program, program.session_with("everything"))


def test_echo_and_sum(everything: Everything) -> None:
    said = everything.run("echo", {"message": "good morning"})
    assert (said["output"], said["exit_code"], said["server"]) == ("Echo: good morning", 0, "everything")
    assert said["started_at"] <= said["finished_at"]
    assert "7" in everything.run("get-sum", {"a": 3, "b": 4})["output"]


def test_an_image_comes_as_it_is(everything: Everything) -> None:
    answer = everything.run("get-tiny-image")
    (image,) = [block for block in answer["content"] if block["type"] == "image"]
    assert image["mimeType"] == "image/png"
    assert image["data"].startswith("iVBOR")


def test_structured_content_is_given_beside_the_text(everything: Everything) -> None:
    answer = everything.run("get-structured-content", {"location": "Chicago"})
    assert answer["exit_code"] == 0
    assert {"temperature", "conditions", "humidity"} <= set(answer["structured_content"])


def test_a_time_limit_stops_the_call_and_the_next_one_works(everything: Everything) -> None:
    began = time.monotonic()
    late = everything.run("trigger-long-running-operation", {"duration": 60, "steps": 5}, timeout_s=1)
    assert (late["exit_code"], late["reason_code"]) == (124, "exec.timeout")
    assert time.monotonic() - began < 4
    assert everything.run("echo", {"message": "again"})["output"] == "Echo: again"


def test_an_unknown_tool_is_127_and_bad_arguments_are_2(everything: Everything) -> None:
    assert everything.run("no-such-tool")["exit_code"] == 127
    refused = everything.run("get-sum", {"a": "three"})
    assert refused["exit_code"] == 2
    assert refused["output"]


def test_resources_and_prompts_are_listed(everything: Everything) -> None:
    for kind in ("resources", "prompts"):
        listed = everything.program.get(f"/sessions/{everything.session}/{kind}")
        assert listed["count"] > 0
        assert all(item["name"] for item in listed["results"])


def log_in(page: Page, url: str, username: str) -> None:
    page.goto(f"{url}/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.browser
def test_the_page_shows_text_images_and_structured_content_as_such(everything: Everything, page: Page) -> None:
    log_in(page, everything.console.url, "tester")
    tools = f"{everything.console.url}/sessions/{everything.session}/tools/everything"
    result = page.get_by_role("region", name="Result")

    page.goto(f"{tools}/echo/")
    page.get_by_label("message").first.fill("from the page")
    page.get_by_role("button", name="Run").first.click()
    expect(result).to_contain_text("Echo: from the page")

    page.goto(f"{tools}/get-tiny-image/")
    page.get_by_role("button", name="Run").first.click()
    image = result.locator("img").first
    expect(image).to_be_visible()
    assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") > 0

    page.goto(f"{tools}/get-structured-content/")
    page.get_by_label("location").first.select_option("Chicago")
    page.get_by_role("button", name="Run").first.click()
    expect(result).to_contain_text("humidity")
    expect(result).to_contain_text("temperature")


def test_the_session_and_its_configuration_live_through_a_restart(everything: Everything, tmp_path: Path) -> None:
    """Last in the file: the console of this module is stopped by it."""
    path = f"/sessions/{everything.session}/servers/everything/config"
    before = everything.program.get(path)["config"]
    everything.console.stop()
    assert everything.console.processes() == []
    again = RunningConsole(root=ROOT, data=everything.console.data, port=free_port())
    try:
        again.start()
        program = Program(again.url, everything.program.token)
        shown = program.get(f"/sessions/{everything.session}")
        assert (shown["state"], shown["gateway"]["state"]) == ("active", "stopped")
        assert program.run(everything.session, "echo", {"message": "back"})["output"] == "Echo: back"
        assert program.get(path)["config"] == before
    finally:
        again.kill()
