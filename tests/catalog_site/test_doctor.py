"""`manage.py doctor`: each finding with its fix, also where half of the console is broken."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from catalog_site import preflight
from vault.models import KeyCheck


def levels() -> dict[str, str]:
    return {finding.subject: finding.level for finding in preflight.findings()}


def test_it_looks_at_everything_and_changes_nothing(db: None) -> None:
    assert set(levels()) == {
        "Python", "Data folder", "Settings", "Database", "Vault", "Port", "Python packages", "npm packages",
        "Isolation", "Container images",
    }  # fmt: skip
    assert "bad" not in levels().values()
    assert not KeyCheck.objects.exists()


def test_everything_that_is_not_right_has_its_fix(db: None, settings: Any, tmp_path: Path) -> None:
    settings.PORT = 0
    settings.VAULT_KEYS_FILE = None
    settings.VAULT_KEYS = "canary"
    settings.CONSOLE_DATA_DIR = tmp_path
    os.chmod(tmp_path, 0o755)
    found = {finding.subject: finding for finding in preflight.findings()}
    assert {name for name, finding in found.items() if finding.level == "bad"} == {"Settings", "Vault", "Data folder"}
    assert all(finding.fix for finding in found.values() if finding.level == "bad")
    assert "canary" not in "".join(finding.text for finding in found.values())


@pytest.mark.parametrize("bind", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "no.such.host.invalid"])
def test_a_port_that_is_answered_is_a_note_on_any_address(settings: Any, bind: str) -> None:
    family = socket.AF_INET6 if bind == "::1" else socket.AF_INET
    with socket.socket(family) as server:
        server.bind(("::1" if bind == "::1" else "127.0.0.1", 0))
        settings.BIND, settings.PORT = bind, server.getsockname()[1]
        assert preflight.port().level == "ok"
        server.listen()
        assert preflight.port().level == ("ok" if bind.endswith("invalid") else "note")


def test_the_command_says_by_its_exit_code_whether_something_must_be_mended(
    db: None, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 0
    settings.BIND = "nowhere"
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 1
    assert "BAD   Settings" in capsys.readouterr().out
