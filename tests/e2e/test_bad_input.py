"""Bad input over HTTP against a real console: a clear error with a stable code and what to do, nothing half-done."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.console import ROOT, RunningConsole, free_port
from tests.support.person import Person
from tests.support.program import PASSWORD, Program
from tests.support.waiting import until
from tests.support.wheels import ECHO, wheel_of

PACKAGE = {"kind": "package", "package": {"registry": "pypi", "name": "bad-echo", "version": "1.0.0"}}
SECRET = "s3cret-value-0123456789"
FITTED = {
    **PACKAGE,
    "secrets": [{"name": "fitted.key", "env": "CANARY"}],
    "config_schema": {
        "type": "object",
        "properties": {
            "level": {"type": "integer", "maximum": 9},
            "place": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    },
}
SCRIPT = "<img src=x onerror=alert(1)>"


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "title": name, **PACKAGE, **more}


def image(reference: str, **more: Any) -> dict[str, Any]:
    return {"title": "One", "description": "", "type": "server", "image": reference, **more}


OWN = [
    entry("good"),
    entry("fitted", **FITTED),
    *(entry(mode, command=[mode], secrets=[{"name": f"{mode}.key", "env": "CANARY", "required": False}])
      for mode in ("dies", "rubbish", "floods", "hangs")),
]  # fmt: skip
HOSTILE = {
    "flag-image": image("--privileged"),
    "shell-image": image("mcp/one;id"),
    "line-image": image("mcp/one\nx"),
    ";id": image("mcp/one"),
    "--privileged": image("mcp/one"),
    "a\nb": image("mcp/one"),
    SCRIPT: image("mcp/one"),
    "huge": image("mcp/one", command=["x" * 5000]),
    "twin": image("mcp/one"),
    "TWIN": image("mcp/two"),
    "marked": image("mcp/one", title=SCRIPT, description=f"{SCRIPT} [x](javascript:alert(1))"),
}


@dataclass
class Bad:
    console: RunningConsole
    program: Program
    session: str
    admin: Person

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Return status and problem document; each has a code, a sentence, and what to do."""
        status, problem = self.program.call(method, path, body)
        assert status >= 400, problem
        assert problem["code"]
        assert problem["detail"]
        assert problem["status"] == status
        assert problem["retry_steps"] or status == 404, problem  # what is not there leaves little to do
        return status, problem

    def add(self, server: str, **more: Any) -> dict[str, Any]:
        status, added = self.program.call("POST", f"/sessions/{self.session}/servers", {"server": server, **more})
        assert status in (200, 201), added
        return dict(added)

    def server(self, name: str) -> dict[str, Any]:
        servers = self.program.get(f"/sessions/{self.session}")["servers"]
        return dict(next(each for each in servers if each["server"] == name))

    def settled(self, name: str, timeout_s: float = 60) -> dict[str, Any]:
        until(lambda: self.server(name)["state"] != "starting", timeout_s)
        return self.server(name)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bad]:
    data, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("sources")
    (folder / "own.yaml").write_text(json.dumps({"catalogue": "own", "servers": OWN}))
    (folder / "hostile.yaml").write_text(json.dumps({"name": "hostile", "registry": HOSTILE}))
    wheels = data / "cache" / "1" / "wheels"  # below the first user's cache, where the sandbox sees it
    wheel_of(ECHO, wheels, "bad-echo")
    env = {
        "CATALOG_SOURCES": f"own={folder / 'own.yaml'},hostile={folder / 'hostile.yaml'}",
        "PACKAGE_ENV": "UV_FIND_LINKS,UV_NO_INDEX,UV_OFFLINE",
        "UV_FIND_LINKS": str(wheels), "UV_NO_INDEX": "1", "UV_OFFLINE": "1",
    }  # fmt: skip
    console = RunningConsole(root=ROOT, data=data, port=free_port(), env=env)
    try:
        console.start(120)
        console.manage("user_create", "admin", "--role", "administrator", "--password-stdin", stdin=PASSWORD + "\n")
        scopes = [part for scope in ("read", "use") for part in ("--scope", scope)]
        program = Program(console.url, console.manage("api_token_create", "admin", "--name", "x", *scopes).strip())
        session = program.call("POST", "/sessions", {"name": "bad"})[1]["id"]
        bad = Bad(console, program, session, Person(console.url).log_in("admin", PASSWORD))
        assert bad.add("good")["server"] == "good"
        found = bad.settled("good")
        assert found["state"] == "ready", json.dumps(found)
        yield bad
    finally:
        console.kill()


def run(bad: Bad, tool: str, arguments: Any = None, **more: Any) -> dict[str, Any]:
    return bad.program.run(bad.session, tool, arguments or {}, server="good", **more)


def test_an_unknown_session_server_execution_and_tool_are_told_apart(bad: Bad) -> None:
    nowhere = "/sessions/01aaaaaaaaaaaaaaaaaaaaaaaa"
    body = {"tool": "echo", "arguments": {}}
    for method, path, sent in (
        ("GET", nowhere, None),
        ("POST", f"{nowhere}/exec", body),
        ("POST", f"{nowhere}/servers", {"server": "good"}),
        ("GET", "/executions/01aaaaaaaaaaaaaaaaaaaaaaaa", None),
        ("POST", f"/sessions/{bad.session}/servers", {"server": "no-such-server"}),
        ("POST", f"/sessions/{bad.session}/exec", {**body, "server": "no-such-server"}),
        ("GET", f"/sessions/{bad.session}/servers/no-such-server/config", None),
    ):
        assert bad.refused(method, path, sent)[0] == 404, path
    assert run(bad, "no-such-tool")["exit_code"] == 127
    assert [each["server"] for each in bad.program.get(f"/sessions/{bad.session}")["servers"]] == ["good"]


def test_a_malformed_request_is_refused_with_its_paths_and_nothing_runs(bad: Bad) -> None:
    path = f"/sessions/{bad.session}/exec"
    before = bad.program.get(f"/sessions/{bad.session}/executions")["count"]
    for body in (
        {},
        {"tool": 1},
        {"tool": "echo", "arguments": []},
        {"tool": "echo", "arguments": {}, "timeout_s": 601},
    ):
        status, problem = bad.refused("POST", path, body)
        assert status == 422
        assert problem["errors"][0]["path"], problem
    assert bad.program.get(f"/sessions/{bad.session}/executions")["count"] == before


def test_missing_secrets_wait_for_input_and_a_wrong_configuration_changes_nothing(bad: Bad) -> None:
    added = bad.add("fitted", config={"level": 3})
    assert (added["state"], added["missing"]) == ("needs_input", {"config": [], "secrets": ["fitted.key"]})
    path = f"/sessions/{bad.session}/servers/fitted"
    for config, place in (
        ({"level": "three"}, "level"),
        ({"level": 10}, "level"),
        ({"place": {"city": 1}}, "place.city"),
    ):
        status, problem = bad.refused("PUT", f"{path}/config", {"config": config})
        assert status == 422
        assert [error["path"] for error in problem["errors"]] == [place]
    assert bad.program.get(f"{path}/config")["config"] == {"level": 3}
    assert bad.refused("PUT", f"{path}/secrets", {"no.such": "x"})[0] == 422
    assert bad.program.call("PUT", f"{path}/secrets", {"fitted.key": SECRET})[0] == 204
    assert bad.settled("fitted")["state"] == "ready"
    assert (
        bad.refused("POST", f"/sessions/{bad.session}/servers", {"server": "fitted", "config": {"level": 4}})[0] == 409
    )


def test_a_child_that_dies_at_once_says_its_last_lines_without_the_secret(bad: Bad) -> None:
    bad.add("dies", secrets={"dies.key": SECRET})
    failed = bad.settled("dies")
    assert failed["state"] == "failed"
    assert failed["reason_code"]
    assert "cannot log in with [secret dies.key]" in failed["detail"]
    assert SECRET not in json.dumps(failed)


@pytest.mark.parametrize("mode", ["rubbish", "floods"])
def test_a_child_that_prints_rubbish_or_floods_fails_or_is_borne(bad: Bad, mode: str) -> None:
    bad.add(mode)
    shown = bad.settled(mode)
    assert shown["state"] == "ready" or (shown["state"] == "failed" and shown["reason_code"] and shown["detail"])
    if mode == "floods":
        assert shown["state"] == "failed"
    assert run(bad, "echo", {"text": "still here"})["output"] == "still here"


def test_a_child_that_hangs_is_answered_within_half_a_minute_and_can_be_removed(bad: Bad) -> None:
    began = time.monotonic()
    assert bad.add("hangs")["state"] == "starting"
    assert 25 < time.monotonic() - began < 35
    status, receipt = bad.program.call("DELETE", f"/sessions/{bad.session}/servers/hangs")
    assert (status, receipt["left_over"]) == (200, 0)
    assert receipt["processes_stopped"] >= 1


def test_a_tool_that_dies_or_never_stops_talking_does_not_take_the_session_along(bad: Bad) -> None:
    assert run(bad, "die")["exit_code"] in (125, 137)
    until(lambda: bad.server("good")["state"] == "ready", timeout_s=30)
    until(lambda: run(bad, "echo", {"text": "back"})["output"] == "back", timeout_s=30)
    endless = run(bad, "endless", timeout_s=5)
    assert endless["exit_code"] in (1, 124, 125, 137)
    until(lambda: bad.server("good")["state"] == "ready", timeout_s=30)
    until(lambda: run(bad, "echo", {"text": "back again"})["output"] == "back again", timeout_s=30)


def test_a_hostile_catalogue_is_reported_by_name_and_reason_and_loses_nothing(bad: Bad) -> None:
    names = {each["name"] for each in bad.program.get("/catalog/servers?limit=200")["results"]}
    assert {"good", "fitted", "marked", "everything", "time"} <= names
    assert len({name for name in names if name.lower() == "twin"}) == 1
    assert not names & {"flag-image", "shell-image", "line-image", "huge", ";id", "--privileged"}
    shown = bad.admin.get("/sources/").text
    for code in ("image.invalid", "name.invalid", "command.invalid", "name.twice"):
        assert code in shown
    assert "flag-image" in shown
    for path in ("/sources/", "/catalog/?q=marked", "/catalog/marked/"):
        text = bad.admin.get(path).text
        assert "<img src=x" not in text
        assert 'href="javascript:' not in text
    assert "&lt;img src=x" in bad.admin.get("/catalog/marked/").text


def test_an_image_without_docker_or_an_unapproved_thing_is_refused_and_nothing_started(bad: Bad) -> None:
    before = len(bad.program.get(f"/sessions/{bad.session}")["servers"])
    status, body = bad.program.call("POST", f"/sessions/{bad.session}/servers", {"server": "marked"})
    assert status == 409 or body["state"] in ("needs_approval", "failed", "starting", "ready")
    if status == 409:
        assert body["code"]
        assert body["retry_steps"]
        assert len(bad.program.get(f"/sessions/{bad.session}")["servers"]) == before


def test_an_ended_session_says_so_and_the_receipt_stays(bad: Bad) -> None:
    """Last in the file: it ends the session."""
    status, receipt = bad.program.call("DELETE", f"/sessions/{bad.session}")
    assert (status, receipt["left_over"]) == (200, 0)
    body = {"tool": "echo", "arguments": {}}
    status, problem = bad.refused("POST", f"/sessions/{bad.session}/exec", body)
    assert (status, problem["code"]) == (409, "session.ended")
    assert bad.program.call("DELETE", f"/sessions/{bad.session}") == (200, receipt)
    assert not list(Path(bad.console.data, "sessions").glob("*"))
