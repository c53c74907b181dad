"""Each misconfiguration is told by its id, before it becomes a riddle."""

from pathlib import Path
from typing import Any

import pytest

from foundation.checks import check_addresses, check_data_folder, check_reading, check_values


def ids(found: list[Any]) -> list[str]:
    assert all(message.hint for message in found), "a finding says what to do"
    return [message.id for message in found]


def test_the_defaults_are_in_order() -> None:
    assert ids([*check_addresses(), *check_values(), *check_reading()]) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PUBLIC_BASE_URL", "console.example.org", "foundation.E001"),
        ("PUBLIC_BASE_URL", "https://user@console.example.org", "foundation.E001"),
        ("PUBLIC_BASE_URL", "https://console.example.org/below", "foundation.E001"),
        ("PUBLIC_BASE_URL", "https://0x7f.1", "foundation.E001"),
        ("PUBLIC_BASE_URL", "http://console.example.org", "foundation.W001"),
        ("BIND", "everywhere", "foundation.E002"),
        ("PORT", 70000, "foundation.E003"),
        ("PORT", 0, "foundation.E003"),
        ("TRUSTED_PROXIES", ["proxy.example.org"], "foundation.E004"),
        ("OUTBOUND_ALLOW", ["http://inner.example"], "foundation.E005"),
        ("GATEWAY_ALLOWED_HOSTS", ["*"], "foundation.E005"),
        ("GATEWAY_RUNTIME", "podman", "foundation.E006"),
        ("PACKAGE_SERVERS", "some", "foundation.E006"),
        ("LANGUAGE_CODE", "fr", "foundation.E006"),
        ("SESSIONS_PER_USER", 0, "foundation.E007"),
        ("AUDIT_KEEP_DAYS", -1, "foundation.E007"),
        ("EXEC_TIMEOUT_S", 601, "foundation.E008"),
        ("VAULT_BACKEND", "bitwarden", "foundation.E009"),
        ("MOUNT_ALLOW", ["data"], "foundation.E012"),
        ("MOUNT_ALLOW", ["/srv/../etc"], "foundation.E012"),
        ("MOUNT_ALLOW", ["/srv:ro"], "foundation.E012"),
        ("MOUNT_ALLOW", ["/"], "foundation.W003"),
        ("MOUNT_ALLOW", ["/var/run/docker.sock:rw"], "foundation.W003"),
        ("SETTINGS_UNREADABLE", {"PORT": "PORT=8000"}, "foundation.E011"),
    ],
)
def test_it_tells_a_wrong_setting(settings: Any, name: str, value: Any, told: str) -> None:
    setattr(settings, name, value)
    assert ids([*check_addresses(), *check_values(), *check_reading()]) == [told]


def test_it_tells_a_data_folder_that_is_missing_or_open(settings: Any, tmp_path: Path) -> None:
    settings.CONSOLE_DATA_DIR = tmp_path / "none"
    assert ids(check_data_folder()) == ["foundation.E010"]
    settings.CONSOLE_DATA_DIR = tmp_path
    tmp_path.chmod(0o750)
    assert ids(check_data_folder()) == ["foundation.W002"]
    tmp_path.chmod(0o700)
    assert ids(check_data_folder()) == []
