"""Attack case 12 for package servers: a catalogue entry or a value is data, never a flag and never a command."""

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from catalog.models import Approval
from foundation.ids import new_id
from gateways import isolation
from gateways.errors import CommandMissing, PackageNotApproved, PackageRefused
from gateways.packages import check_value, package_argv, package_check, package_environment, package_launch

TIME = {"registry": "pypi", "name": "mcp-server-time", "version": "2025.9.25", "runner": "uvx"}
EVERYTHING = {"registry": "npm", "name": "@modelcontextprotocol/server-everything", "version": "2025.9.25"}
HOSTILE_NAMES = [
    "",
    "-e",
    "--index-url=https://evil.example",
    "a b",
    "a;id",
    "$(id)",
    "git+https://evil.example/x",
    "../x",
    "/etc/passwd",
    "x@https://evil.example",
    "x\n--y",
    "x\x00",
]


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> None:
    settings.CONSOLE_DATA_DIR = tmp_path
    settings.SESSIONS_DIR, settings.PACKAGE_CACHE_DIR = tmp_path / "sessions", tmp_path / "cache"


def test_a_python_package_is_run_pinned_by_the_consoles_own_uv() -> None:
    argv = package_argv(TIME, ["--local-timezone", "Asia/Tokyo"])
    assert Path(argv[0]).name == "uv"
    assert argv[1:6] == ["tool", "run", "--from", "mcp-server-time==2025.9.25", "mcp-server-time"]
    assert argv[6:] == ["--local-timezone", "Asia/Tokyo"]


def test_extras_belong_to_the_requirement_and_not_to_the_program() -> None:
    argv = package_argv({**TIME, "name": "thing[cli]", "version": "1.0"}, [])
    assert argv[-2:] == ["thing[cli]==1.0", "thing"]


def test_a_node_package_without_node_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(CommandMissing) as refused:
        package_argv(EVERYTHING, [])
    assert refused.value.code == "server.command_missing"
    assert refused.value.retry_steps


def test_a_node_package_is_run_pinned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    npx = tmp_path / "npx"
    npx.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert package_argv(EVERYTHING, ["stdio"]) == [
        str(npx),
        "-y",
        "@modelcontextprotocol/server-everything@2025.9.25",
        "stdio",
    ]


def test_where_only_the_venv_has_node_a_script_finds_it_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "node").touch(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert package_environment("s", tmp_path, tmp_path)["PATH"] == f"/nowhere:{tmp_path}"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert package_environment("s", tmp_path, tmp_path)["PATH"] == str(tmp_path)


@pytest.mark.parametrize("registry", ["pypi", "npm"])
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_it_refuses_a_package_name_that_is_more_than_a_name(registry: str, name: str) -> None:
    with pytest.raises(PackageRefused):
        package_argv({"registry": registry, "name": name, "version": "1.0.0"}, [])


@pytest.mark.parametrize("registry", ["pypi", "npm"])
@pytest.mark.parametrize("version", ["", "latest", "*", ">=1", "-1", "1.0 --x", "^1.2.3", "1.0;id", "1.0.0\n", "$(id)"])
def test_it_refuses_an_unpinned_version(registry: str, version: str) -> None:
    with pytest.raises(PackageRefused):
        package_argv({"registry": registry, "name": "thing", "version": version}, [])


@pytest.mark.parametrize("executable", ["-c", "/bin/sh", "sh -c", "a;b"])
def test_it_refuses_an_executable_that_is_more_than_a_name(executable: str) -> None:
    with pytest.raises(PackageRefused):
        package_argv({**TIME, "executable": executable}, [])


def test_it_refuses_an_unknown_registry() -> None:
    with pytest.raises(PackageRefused):
        package_argv({**TIME, "registry": "github"}, [])


@pytest.mark.parametrize("value", ["--privileged", "-v", "a\nb", "a\rb", "a\x00b"])
def test_it_refuses_a_value_that_looks_like_a_flag_or_breaks_the_line(value: str) -> None:
    with pytest.raises(PackageRefused):
        check_value(value)


@pytest.mark.parametrize("value", ["Asia/Tokyo", ";id", "$(id)", "a b", "x--y"])
def test_shell_signs_in_a_value_are_plain_text_because_there_is_no_shell(value: str) -> None:
    assert check_value(value) == value


@pytest.mark.parametrize(
    "name", ["PATH", "LD_PRELOAD", "PYTHONPATH", "NODE_OPTIONS", "UV_INDEX_URL", "HOME", "A=B", "A B"]
)
def test_it_refuses_a_variable_that_would_change_which_program_runs(name: str) -> None:
    with pytest.raises(PackageRefused):
        package_launch(package=TIME, arguments=[], env={name: "x"}, session_id=new_id(), owner_id=1, server="time")


@pytest.mark.parametrize("server", ["..", "../x", "a/b", ""])
def test_it_refuses_a_server_name_that_leads_out_of_the_sessions_folder(server: str) -> None:
    with pytest.raises(PackageRefused):
        package_launch(package=TIME, arguments=[], env={}, session_id=new_id(), owner_id=1, server=server)


def test_it_refuses_a_session_id_that_is_a_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a session id"):
        package_launch(package=TIME, arguments=[], env={}, session_id="../../etc", owner_id=1, server="time")
    assert not (tmp_path / "sessions").exists()


def test_the_environment_is_allow_listed_and_the_folders_are_its_own(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSOLE_SECRET_KEY", "canary-of-the-console")
    monkeypatch.setenv("UV_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("OTHER_PROXY", "http://proxy.example")
    settings.PACKAGE_ENV = ["UV_INDEX_URL"]
    session_id = new_id()
    launch = package_launch(
        package=TIME,
        arguments=[],
        env={"TOKEN": "canary-of-a-secret"},
        session_id=session_id,
        owner_id=7,
        server="time",
    )
    home = tmp_path / "sessions" / session_id / "servers" / "time"
    assert launch.env["HOME"] == launch.cwd == str(home)
    assert launch.env["TMPDIR"] == str(home / "tmp")
    assert launch.env["UV_CACHE_DIR"] == str(tmp_path / "cache" / "7" / "uv")
    assert launch.env["UV_INDEX_URL"] == "https://index.example/simple"
    assert launch.env["TOKEN"] == "canary-of-a-secret"
    assert "OTHER_PROXY" not in launch.env
    assert "canary" not in " ".join(launch.argv)
    assert "canary-of-the-console" not in launch.env.values()
    for folder in (home, home / "tmp", tmp_path / "cache" / "7", tmp_path / "sessions" / session_id):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("off", set()),
        ("approved", {Approval.APPROVED}),
        ("all", {Approval.APPROVED, Approval.NOT_NEEDED, Approval.UNREVIEWED}),
    ],
)
def test_the_rule_decides_which_packages_run(rule: str, allowed: set[Approval], settings: Settings) -> None:
    settings.PACKAGE_SERVERS = rule
    assert {approval for approval in Approval if _may_run(approval)} == allowed


def test_without_isolation_only_approved_packages_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PACKAGE_SERVERS = "auto"
    monkeypatch.setattr(isolation, "_answer", None)
    monkeypatch.setenv("PATH", "/nowhere")
    assert "bubblewrap" in (isolation.available() or "")
    assert {approval for approval in Approval if _may_run(approval)} == {Approval.APPROVED}
    monkeypatch.setattr(isolation, "_answer", None)


@pytest.mark.skipif(not os.path.exists("/usr/bin/bwrap"), reason="no bubblewrap on this machine")
def test_with_isolation_every_reviewed_package_runs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PACKAGE_SERVERS = "auto"
    monkeypatch.setattr(isolation, "_answer", None)
    if isolation.available() is not None:
        pytest.skip("this system does not let bubblewrap work")
    assert {approval for approval in Approval if _may_run(approval)} == {Approval.APPROVED, Approval.NOT_NEEDED}


def _may_run(approval: Approval) -> bool:
    try:
        package_check(approval)
    except PackageNotApproved:
        return False
    return True
