import os
from pathlib import Path

import pytest
from pytest_django import Settings

from foundation.ids import new_id
from gateways import folders


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> None:
    settings.SESSIONS_DIR = tmp_path / "sessions"


def test_a_sessions_folder_and_its_files_are_for_the_console_alone() -> None:
    folder = folders.folder_make(new_id())
    folders.write_private(folder / "servers.json", {"secret": "x"})
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "servers.json").stat().st_mode & 0o777 == 0o600


def test_a_file_is_replaced_whole_and_leaves_no_draft() -> None:
    folder = folders.folder_make(new_id())
    folders.write_private(folder / "servers.json", {"revision": 1})
    folders.write_private(folder / "servers.json", {"revision": 2})
    assert folders.read_json(folder / "servers.json") == {"revision": 2}
    assert os.listdir(folder) == ["servers.json"]


def test_a_value_that_is_no_json_leaves_no_draft() -> None:
    folder = folders.folder_make(new_id())
    with pytest.raises(TypeError):
        folders.write_private(folder / "servers.json", {"x": object()})
    assert os.listdir(folder) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../../etc", "a/b", "A" * 26, "x" * 25, "x" * 26 + "\n"])
def test_it_refuses_a_session_id_that_could_be_a_path(name: str) -> None:
    with pytest.raises(ValueError, match="not a session id"):
        folders.folder_of(name)


def test_removing_counts_the_files_and_what_is_left() -> None:
    session_id = new_id()
    folder = folders.folder_make(session_id)
    (folder / "servers" / "time").mkdir(parents=True)
    (folder / "servers" / "time" / "a").touch()
    (folder / "b").touch()
    assert folders.folder_remove(session_id) == (2, 0)
    assert folders.folder_remove(session_id) == (0, 0)


def test_removing_does_not_follow_a_link_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    session_id = new_id()
    (folders.folder_make(session_id) / "link").symlink_to(outside)
    assert folders.folder_remove(session_id) == (1, 0)
    assert (outside / "kept").exists()


def test_half_a_file_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "endpoint.json").write_text('{"port": 1')
    assert folders.read_json(tmp_path / "endpoint.json") is None
    assert folders.read_json(tmp_path / "missing.json") is None
