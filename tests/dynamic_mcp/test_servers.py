"""Adding servers, giving them what they need, removing them."""

from typing import Any

import pytest

from dynamic_mcp.models import SessionServer
from tests.support.sessions import Api, entry_make
from vault.models import StoredSecret

SCHEMA = {
    "type": "object",
    "properties": {"zone": {"type": "string"}, "level": {"type": "integer", "minimum": 1, "default": 3}},
    "required": ["zone"],
}
NEEDY = {
    "config_schema": SCHEMA,
    "command": ["--zone={{needy.zone}}", "--level", "{{needy.level}}"],
    "secrets": [{"name": "needy.token", "env": "TOKEN", "required": True}],
}


def test_a_server_that_lacks_input_waits_and_starts_once_it_is_given(live: Api) -> None:
    entry_make("needy", **NEEDY)
    session = live.session()
    added = live.add(session, "needy")
    assert added["state"] == "needs_input"
    assert added["missing"] == {"config": ["zone"], "secrets": ["needy.token"]}
    path = f"/sessions/{session}/servers/needy"
    assert live.run(session, "echo")["exit_code"] == 126
    assert live.call("PUT", f"{path}/secrets", {"needy.token": "s3cret-s3cret"}) == (204, None)
    status, stored = live.call("PUT", f"{path}/config", {"config": {"zone": "Asia"}})
    assert (status, stored["state"], stored["config"]) == (200, "ready", {"zone": "Asia"})
    assert live.run(session, "arguments")["output"] == '["--zone=Asia", "--level", "3"]'
    assert live.call("GET", f"{path}/config")[1]["config"] == {"zone": "Asia"}


def test_a_changed_configuration_restarts_the_server_with_it(live: Api) -> None:
    entry_make("needy", **{**NEEDY, "secrets": []})
    session = live.session()
    assert live.add(session, "needy", config={"zone": "Asia"})["state"] == "ready"
    stored = live.call("PUT", f"/sessions/{session}/servers/needy/config", {"config": {"zone": "UTC", "level": 5}})[1]
    assert (stored["applied"], stored["state"]) == ("restarted", "ready")
    assert live.run(session, "arguments")["output"] == '["--zone=UTC", "--level", "5"]'


def test_a_configuration_against_the_schema_changes_nothing(live: Api) -> None:
    entry_make("needy", **NEEDY)
    session = live.session()
    live.add(session, "needy", config={"zone": "Asia"})
    path = f"/sessions/{session}/servers/needy/config"
    status, problem = live.call("PUT", path, {"config": {"zone": 5, "level": 0}})
    assert (status, problem["code"]) == (422, "session.config.invalid")
    assert {error["path"] for error in problem["errors"]} == {"zone", "level"}
    assert live.call("GET", path)[1]["config"] == {"zone": "Asia"}


def test_a_secret_is_never_answered_and_only_known_names_are_taken(live: Api) -> None:
    entry_make("needy", **NEEDY)
    session = live.session()
    added = live.add(session, "needy", secrets={"needy.token": "canary-31337"})
    assert "canary-31337" not in str(added)
    path = f"/sessions/{session}/servers/needy/secrets"
    status, problem = live.call("PUT", path, {"nosuch": "canary-31337"})
    assert (status, problem["errors"][0]["path"]) == (422, "nosuch")
    assert "canary-31337" not in str(problem)
    assert "canary-31337" not in str(list(StoredSecret.objects.values()))
    assert live.call("PUT", path, {"needy.token": None})[0] == 204
    assert not StoredSecret.objects.exists()


def test_the_same_add_again_answers_200_and_another_configuration_409(live: Api) -> None:
    entry_make("needy", **NEEDY)
    session = live.session()
    live.add(session, "needy", config={"zone": "Asia"})
    body: dict[str, Any] = {"server": "needy", "config": {"zone": "Asia"}}
    assert live.call("POST", f"/sessions/{session}/servers", body)[0] == 200
    status, problem = live.call("POST", f"/sessions/{session}/servers", {**body, "config": {"zone": "UTC"}})
    assert (status, problem["code"]) == (409, "session.server.exists")


def test_a_server_that_dies_at_once_is_failed_with_its_last_words_and_may_be_tried_again(live: Api) -> None:
    entry_make("dying", command=["--die"])
    session = live.session()
    added = live.add(session, "dying")
    assert added["state"] == "failed", added
    assert added["reason_code"]
    assert "cannot open the library" in added["detail"]
    assert live.run(session, "echo")["exit_code"] == 125
    row = SessionServer.objects.get(server="dying")
    SessionServer.objects.filter(pk=row.pk).update(entry={**row.entry, "command": []})  # the cause is gone
    status, again = live.call("POST", f"/sessions/{session}/servers", {"server": "dying"})
    assert (status, again["state"]) == (200, "ready")


def test_removing_a_server_stops_it_and_answers_the_stored_receipt_again(live: Api) -> None:
    entry_make("echo")
    session = live.session()
    live.add(session)
    status, receipt = live.call("DELETE", f"/sessions/{session}/servers/echo")
    assert (status, receipt["left_over"]) == (200, 0)
    assert receipt["processes_stopped"] >= 1
    assert live.call("DELETE", f"/sessions/{session}/servers/echo") == (200, receipt)
    assert live.call("GET", f"/sessions/{session}")[1]["servers"] == []
    assert live.run(session, "echo", {"text": "x"})["exit_code"] == 127
    assert live.add(session)["state"] == "ready"


def test_a_server_that_the_catalogue_or_the_session_does_not_have_is_404(api: Api) -> None:
    session = api.session()
    assert api.call("POST", f"/sessions/{session}/servers", {"server": "nosuch"})[0] == 404
    assert api.call("DELETE", f"/sessions/{session}/servers/nosuch")[0] == 404


@pytest.mark.parametrize("approval", ["unreviewed", "rejected"])
def test_a_server_that_nobody_approved_waits_and_nothing_starts(api: Api, approval: str) -> None:
    entry_make("wild", approval=approval)
    session = api.session()
    added = api.add(session, "wild")
    assert (added["state"], added["reason_code"]) == ("needs_approval", "server.approval_needed")
    assert api.call("GET", f"/sessions/{session}")[1]["gateway"]["state"] == "stopped"


def test_a_remote_that_needs_authorisation_says_where_to_give_it(api: Api) -> None:
    url = "https://mcp.example.com/mcp"
    entry_make("cloud", kind="remote", remote_url=url, transport="streamable-http", requires_oauth=True)
    added = api.add(api.session(), "cloud")
    assert added["state"] == "needs_authorization"
    assert added["authorize_url"].endswith("/connections/?server=cloud")


def test_an_image_without_an_engine_is_refused_with_the_fix(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    entry_make("boxed", kind="image", image="mcp/time")
    session = api.session()
    status, problem = api.call("POST", f"/sessions/{session}/servers", {"server": "boxed"})
    assert (status, problem["code"]) == (409, "runtime.unavailable")
    assert problem["retry_steps"]
    assert not SessionServer.objects.exists()


def refused(api: Api, server: str, config: dict[str, Any] | None = None) -> str:
    """Try to add a server and return the problem's code; nothing may have been kept."""
    status, problem = api.call("POST", f"/sessions/{api.session()}/servers", {"server": server, "config": config})
    assert status == 409, problem
    assert not SessionServer.objects.exists()
    return str(problem["code"])


@pytest.mark.parametrize("value", ["--privileged", "-v/:/host", "a\nb", "a\x00b"])
def test_it_refuses_a_configuration_value_that_would_be_a_flag(api: Api, value: str) -> None:
    entry_make("plain", command=["{{plain.path}}"], config_schema={"type": "object"})
    assert refused(api, "plain", {"path": value}) == "server.refused.flag"


@pytest.mark.parametrize("image", ["--privileged", "mcp/time;id", "mcp/$(id)", "mcp/time\n--privileged", "-v/:/host"])
def test_it_refuses_an_image_name_that_is_none(api: Api, image: str) -> None:
    entry_make("boxed", kind="image", image=image)
    assert refused(api, "boxed") == "server.refused.image"


@pytest.mark.parametrize(
    "path", ["/", "/etc", "~/.ssh", "/var/run/docker.sock", "/srv/data/../../etc", "..", "/srv/data/link", "/srv/data/"]
)
def test_it_refuses_a_bind_mount_that_is_not_exactly_allowed(api: Api, path: str, settings, tmp_path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "link").symlink_to("/etc")
    settings.MOUNT_ALLOW = [str(data), str(data / "link")]
    entry_make("boxed", kind="image", image="mcp/filesystem", volumes=["{{boxed.paths|volume|into}}"])
    assert refused(api, "boxed", {"paths": [path.replace("/srv/data", str(data))]}) == "server.refused.mount"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/mcp", "https://169.254.169.254/", "https://10.0.0.1/", "https://0x7f.1/"]
)
def test_it_refuses_a_remote_at_a_forbidden_address(api: Api, url: str) -> None:
    entry_make("inner", kind="remote", remote_url="{{inner.url}}", transport="streamable-http")
    assert refused(api, "inner", {"url": url}) == "server.refused.address"
