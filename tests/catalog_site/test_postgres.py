"""The same code serves PostgreSQL: the suite's own tests of the writing services, on a cluster of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalog_site.test_archive import EXPECTED, look, manage, old  # noqa: F401  (`old` is a fixture)
from tests.support.postgres import postgres

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = (
    "tests/vault/test_vault.py",
    "tests/audit/test_log.py",
    "tests/catalog/test_ranks_and_approval.py",
    "tests/catalog/test_search.py",
    "tests/people/test_accounts.py",
    "tests/people/test_setup_link.py",
    "tests/people/test_tokens.py",
    "tests/foundation/test_paging.py",
    "tests/catalog_site/test_retention.py",
    "tests/dynamic_mcp/test_catalog_api.py",
)

pytestmark = pytest.mark.postgres


def test_the_services_tests_pass_on_postgresql() -> None:
    kept = ("PATH", "HOME", "PYTHONPATH")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    with postgres() as address:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SERVICES]
        done = subprocess.run(
            command, cwd=ROOT, env={**env, "DATABASE_URL": address}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout[-4000:]


def test_a_backup_of_sqlite_is_restored_on_postgresql_and_back(
    old: tuple[Path, list[str]],  # noqa: F811
    tmp_path: Path,
) -> None:
    folder, filled = old
    back = tmp_path / "back"
    with postgres() as address:
        manage(tmp_path / "middle", "restore", str(folder / "archive"), DATABASE_URL=address)
        manage(tmp_path / "middle", "backup", str(tmp_path / "archive"), DATABASE_URL=address)
        found = look(tmp_path / "middle", filled, DATABASE_URL=address)
        assert isinstance(found, dict)
        assert {name: found[name] for name in EXPECTED} == EXPECTED
    manage(back, "restore", str(tmp_path / "archive"))
    found = look(back, filled)
    assert isinstance(found, dict)
    assert {name: found[name] for name in EXPECTED} == EXPECTED
