"""What counts as installed, and what sends a start back to the runner."""

import json
from pathlib import Path

import pytest

from gateways.installed import npm_command, pypi_command

NAME, VERSION = "mcp-server-time", "1.2.3"
PACKAGE = "@scope/server-thing"


@pytest.fixture
def uv(tmp_path: Path) -> Path:
    archive = tmp_path / "archive-v0" / "abc"
    for folder in ("bin", "lib/python3.11/site-packages/mcp_server_time-1.2.3.dist-info"):
        (archive / folder).mkdir(parents=True)
    for program in ("python", NAME):
        (archive / "bin" / program).touch(mode=0o755)
    (tmp_path / "environments-v2" / "interpreter").mkdir(parents=True)
    (tmp_path / "environments-v2" / "interpreter" / "key").symlink_to("../../archive-v0/abc")
    return tmp_path


@pytest.fixture
def npm(tmp_path: Path) -> Path:
    package = tmp_path / "_npx" / "key" / "node_modules" / PACKAGE
    (package / "dist").mkdir(parents=True)
    (package / "dist" / "index.js").touch()
    (package / "package.json").write_text(json.dumps({"version": VERSION, "bin": {"thing": "dist/index.js"}}))
    (package.parent.parent / ".package-lock.json").write_text("{}")
    asked = {"_npx": {"packages": [f"{PACKAGE}@{VERSION}"]}}
    (tmp_path / "_npx" / "key" / "package.json").write_text(json.dumps(asked))
    return tmp_path


def test_an_environment_of_the_pinned_version_is_run_without_its_runner(uv: Path) -> None:
    command = pypi_command(uv, NAME, VERSION, NAME)
    assert command == [str(uv / "environments-v2" / "interpreter" / "key" / "bin" / NAME)]


@pytest.mark.parametrize(("name", "version"), [(NAME, "1.2.4"), (NAME, "1.2"), (f"{NAME}[extra]", VERSION)])
def test_another_version_or_extras_are_left_to_the_runner(uv: Path, name: str, version: str) -> None:
    assert pypi_command(uv, name, version, NAME) is None


def test_an_environment_without_its_interpreter_is_left_to_the_runner(uv: Path) -> None:
    python = uv / "archive-v0" / "abc" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert pypi_command(uv, NAME, VERSION, NAME) is None


def test_an_environment_that_was_never_finished_is_left_to_the_runner(uv: Path) -> None:
    (uv / "environments-v2" / "interpreter" / "key").unlink()
    assert pypi_command(uv, NAME, VERSION, NAME) is None


def test_a_program_outside_of_the_cache_is_never_taken(uv: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "program"
    elsewhere.touch(mode=0o755)
    program = uv / "archive-v0" / "abc" / "bin" / NAME
    program.unlink()
    program.symlink_to(elsewhere)
    assert pypi_command(uv, NAME, VERSION, NAME) is None


def test_an_installed_npm_package_is_run_by_node(npm: Path) -> None:
    script = npm / "_npx" / "key" / "node_modules" / PACKAGE / "dist" / "index.js"
    assert npm_command(npm, PACKAGE, VERSION, "/usr/bin/node") == ["/usr/bin/node", str(script)]


def test_an_npm_installation_that_was_never_finished_is_left_to_npx(npm: Path) -> None:
    (npm / "_npx" / "key" / "node_modules" / ".package-lock.json").unlink()
    assert npm_command(npm, PACKAGE, VERSION, "node") is None


@pytest.mark.parametrize(
    "told", ["{", "[]", '{"version": "9.9.9"}', '{"version": "1.2.3", "bin": {"a": "b", "c": "d"}}']
)
def test_a_strange_manifest_is_left_to_npx(npm: Path, told: str) -> None:
    (npm / "_npx" / "key" / "node_modules" / PACKAGE / "package.json").write_text(told)
    assert npm_command(npm, PACKAGE, VERSION, "node") is None


def test_a_script_outside_of_the_cache_is_never_taken(npm: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "index.js"
    elsewhere.touch()
    script = npm / "_npx" / "key" / "node_modules" / PACKAGE / "dist" / "index.js"
    script.unlink()
    script.symlink_to(elsewhere)
    assert npm_command(npm, PACKAGE, VERSION, "node") is None
