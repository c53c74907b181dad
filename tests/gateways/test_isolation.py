"""Attack case 25: what a package server's process sees of this machine, asked from inside."""

from pathlib import Path

import pytest
from pytest_django import Settings

from foundation import processes
from gateways import isolation


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> Path:
    if isolation.available() is not None:
        pytest.skip(isolation.available() or "")
    settings.CONSOLE_DATA_DIR = tmp_path / "data"
    home = tmp_path / "data" / "sessions" / "mine" / "servers" / "time"
    home.mkdir(parents=True)
    (tmp_path / "data" / "sessions" / "other").mkdir()
    (tmp_path / "data" / "sessions" / "other" / "servers.json").write_text("canary-other-session")
    (tmp_path / "data" / "keys").mkdir()
    (tmp_path / "data" / "keys" / "vault").write_text("canary-vault-key")
    return home


def inside(home: Path, script: str, **env: str) -> processes.Finished:
    argv = isolation.wrap(["/bin/sh", "-c", script], writable=[home], cwd=home)
    return processes.run(argv, env={"PATH": "/usr/bin:/bin", **env}, timeout_s=20)


def test_it_sees_neither_the_vaults_keys_nor_another_session(home: Path) -> None:
    data = home.parents[3]
    done = inside(home, f"cat {data}/keys/vault {data}/sessions/other/servers.json; find {data} -type f")
    assert b"canary" not in done.stdout
    assert done.stdout == b""


def test_it_writes_to_its_own_folder_only(home: Path) -> None:
    done = inside(home, "echo mine > here; echo bad > /usr/x; echo bad > /etc/x; echo lost > /tmp/x; cat here")
    assert done.stdout == b"mine\n"
    assert (home / "here").read_text() == "mine\n"
    assert not Path("/usr/x").exists()
    assert not Path("/etc/x").exists()
    assert not Path("/tmp/x").exists()


def test_it_sees_no_process_but_its_own(home: Path) -> None:
    done = inside(
        home,
        "for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; done | grep -c OWN_MARK; ls -d /proc/[0-9]* | wc -l",
        OWN_MARK="1",
    )
    found, count = done.stdout.split()
    assert int(found) >= 1
    assert int(count) < 10


def test_it_reads_no_shadow_file_and_nobodys_home(home: Path) -> None:
    person = Path.home()
    done = inside(home, f"cat /etc/shadow; ls -A {person}")
    seen = [Path(place) for place in isolation._interpreters()]  # a Python that was built in somebody's home
    there = {place.relative_to(person).parts[0] for place in seen if place.is_relative_to(person)}
    assert set(done.stdout.decode().split()) <= there


def test_secrets_of_its_environment_are_not_in_its_argument_vector(home: Path) -> None:
    argv = isolation.wrap(["server"], writable=[home], cwd=home)
    assert "canary" not in " ".join(argv)
    assert inside(home, "echo $TOKEN", TOKEN="canary").stdout == b"canary\n"
