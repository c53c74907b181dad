"""Backup and restore as an administrator does them: by `manage.py`, from one data folder to another."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ODD = "line\u2028and\u0085paragraph\u2029 日本語"  # marks that end a line for some readers
FILL = f"""
import json
from django.utils import timezone
from dynamic_mcp.executions import result_identity
from dynamic_mcp.models import Execution, Session
from gateways.models import Gateway
from people.models import User
from vault import services as vault
user = User.objects.get(username="alice")
key = vault.secret_store(owner=user, purpose="p", value="canary-secret")
now = timezone.now()
gateway = Gateway.objects.create(owner=user, session_id="s1", node="far", pid=1, port=2, state="running")
session = Session.objects.create(owner=user, name={ODD!r}, last_used_at=now, expires_at=now, gateway=gateway)
run = Execution(owner=user, session=session, server="s", tool="t", state="finished", exit_code=0)
run.result_sealed = vault.seal(b'{{"output": "canary-output"}}', identity=result_identity(run))
run.save()
print(json.dumps([key, run.pk]))
"""
LOOK = """
import json, sys
from audit.models import AuditEvent
from catalog.models import CatalogServer
from dynamic_mcp.executions import result_identity
from dynamic_mcp.models import Execution, Session
from gateways.models import Gateway
from people import services
from people.models import User
from vault import services as vault
key, run_id, token = ARGS
run = Execution.objects.get(pk=run_id)
user = User.objects.get(username="alice")
gateway = Gateway.objects.get()
vault.verify_keys()
print(json.dumps({
    "secret": vault.secret_read(key=key, owner=user),
    "output": vault.unseal(bytes(run.result_sealed), identity=result_identity(run)).decode(),
    "token": services.token_authenticate("Bearer " + token).user.username,
    "password": user.check_password("correct horse battery staple"),
    "session": run.session.name,
    "events": AuditEvent.objects.count() > 0,
    "servers": CatalogServer.objects.count(),
    "gateway": [gateway.state, gateway.pid, gateway.node != "far"],
    "new": User.objects.create(username="bob").pk > user.pk,
}))
"""


def run(data: Path, *arguments: str, stdin: str = "", **given: str) -> "subprocess.CompletedProcess[str]":
    """Run `manage.py` on a data folder of its own."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env |= {"CONSOLE_DATA_DIR": str(data), "LANGUAGE_CODE": "en", "REDIS_URL": "", **given}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, check=False)


def manage(data: Path, *arguments: str, stdin: str = "", **given: str) -> str:
    done = run(data, *arguments, stdin=stdin, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shell(data: Path, code: str, **given: str) -> object:
    return json.loads(manage(data, "shell", "--no-imports", "--command", code, **given).strip().splitlines()[-1])


def look(data: Path, filled: list[str], **given: str) -> object:
    return shell(data, f"ARGS = {filled!r}\n{LOOK}", **given)


EXPECTED = {
    "secret": "canary-secret",
    "output": '{"output": "canary-output"}',
    "token": "alice",
    "password": True,
    "session": ODD,
    "events": True,
    "gateway": ["stopped", None, True],
    "new": True,
}


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """An installation with a person, a token, a secret, a run and a gateway; and its backup beside it."""
    folder = tmp_path_factory.mktemp("old")
    manage(folder, "migrate", "--verbosity", "0")
    manage(folder, "catalog_sync")
    manage(folder, "user_create", "alice", "--password-stdin", stdin="correct horse battery staple\n")
    token = manage(folder, "api_token_create", "alice", "--name", "laptop").strip()
    filled = shell(folder, FILL)
    assert isinstance(filled, list)
    manage(folder, "backup", str(folder / "archive"))
    return folder, [*filled, token]


def test_everything_is_there_again_in_an_empty_folder(old: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, filled = old
    assert (folder / "archive").stat().st_mode & 0o777 == 0o600
    told = manage(tmp_path, "restore", str(folder / "archive"))
    assert "rows restored" in told
    found = look(tmp_path, filled)
    assert isinstance(found, dict)
    assert found.pop("servers") >= 40
    assert found == EXPECTED
    for name in ("signing", "vault"):
        assert (tmp_path / "keys" / name).read_text() == (folder / "keys" / name).read_text()
        assert (tmp_path / "keys" / name).stat().st_mode & 0o777 == 0o600


def test_what_a_first_start_left_gives_way(old: tuple[Path, list[str]], tmp_path: Path) -> None:
    """A catalogue, a key of its own and a set-up link are no people."""
    folder, filled = old
    manage(tmp_path, "migrate", "--verbosity", "0")
    manage(tmp_path, "catalog_sync")
    prepare = "from vault.services import verify_keys; from people.services import setup_link_create; verify_keys()"
    shell(tmp_path, f"{prepare}; setup_link_create(); print(1)")
    manage(tmp_path, "restore", str(folder / "archive"))
    assert isinstance(look(tmp_path, filled), dict)
    assert run(tmp_path, "check").returncode == 0


def test_it_refuses_a_folder_with_people_in_it(old: tuple[Path, list[str]]) -> None:
    folder, filled = old
    keys = (folder / "keys" / "vault").read_text()
    done = run(folder, "restore", str(folder / "archive"))
    assert done.returncode == 1
    assert "already has people" in done.stderr
    assert (folder / "keys" / "vault").read_text() == keys
    assert shell(folder, "from people.models import User; print(User.objects.filter(username='alice').count())") == 1
    assert filled


def test_it_refuses_keys_that_do_not_open_the_rows_and_leaves_all_as_it_was(
    old: tuple[Path, list[str]], tmp_path: Path
) -> None:
    folder, _filled = old
    other = "other:" + "A" * 43 + "="
    done = run(tmp_path, "restore", str(folder / "archive"), VAULT_KEYS=other)
    assert done.returncode == 1
    assert "does not hold the key" in done.stderr
    assert "Traceback" not in done.stderr
    assert shell(tmp_path, "from people.models import User; print(User.objects.count())", VAULT_KEYS=other) == 0


@pytest.mark.parametrize("kind", ["text", "cut", "foreign", "missing"])
def test_it_refuses_what_is_no_whole_backup(old: tuple[Path, list[str]], tmp_path: Path, kind: str) -> None:
    folder, _filled = old
    file = tmp_path / "archive"
    if kind == "text":
        file.write_text("not an archive")
    elif kind == "cut":
        whole = (folder / "archive").read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
    elif kind == "foreign":
        with tarfile.open(file, "w:gz") as archive:
            archive.add(ROOT / "README.md", "README.md")
    done = run(tmp_path / "new", "restore", str(file))
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")


def test_it_refuses_to_write_over_a_file(old: tuple[Path, list[str]]) -> None:
    folder, _filled = old
    before = (folder / "archive").read_bytes()
    done = run(folder, "backup", str(folder / "archive"))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert (folder / "archive").read_bytes() == before
