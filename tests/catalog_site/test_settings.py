"""Settings as an administrator writes them, right and wrong: read by a process of its own, as the console does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NAMES = """
ALLOWED_HOSTS CSRF_COOKIE_SECURE CSRF_TRUSTED_ORIGINS DEBUG LANGUAGE_COOKIE_SECURE MOUNT_ALLOW PORT PUBLIC_BASE_URL
SECURE_HSTS_SECONDS SECURE_PROXY_SSL_HEADER SESSION_COOKIE_SECURE SETTINGS_UNREADABLE TIME_ZONE TRUSTED_PROXIES
"""
ROOT = Path(__file__).resolve().parent.parent.parent
READ = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "catalog_site.settings"
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1].split()}))
"""


def environment(data: Path, **given: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "CONSOLE_DATA_DIR": str(data), "LANGUAGE_CODE": "en", **given}


def read(data: Path, **given: str) -> dict[str, Any]:
    """Return the settings that a fresh process sees."""
    command = [sys.executable, "-c", READ, NAMES]
    done = subprocess.run(command, cwd=ROOT, env=environment(data, **given), capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def check(data: Path, **given: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "check"]
    return subprocess.run(
        command, cwd=ROOT, env=environment(data, **given), capture_output=True, text=True, check=False
    )


def test_a_public_https_address_makes_hosts_origins_and_cookies(tmp_path: Path) -> None:
    found = read(tmp_path, PUBLIC_BASE_URL="https://console.example.org/")
    assert found["PUBLIC_BASE_URL"] == "https://console.example.org"
    assert "console.example.org" in found["ALLOWED_HOSTS"]
    assert "*" not in found["ALLOWED_HOSTS"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://console.example.org"]
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is found["LANGUAGE_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0


def test_nothing_of_it_is_needed_and_no_proxy_is_believed(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found["PUBLIC_BASE_URL"] == "http://127.0.0.1:8000"
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert (found["DEBUG"], found["SETTINGS_UNREADABLE"]) == (False, {})
    assert (tmp_path / "keys" / "vault").stat().st_mode & 0o777 == 0o600


def test_an_ipv6_address_is_an_allowed_host(tmp_path: Path) -> None:
    assert "[2001:db8::1]" in read(tmp_path, PUBLIC_BASE_URL="https://[2001:db8::1]")["ALLOWED_HOSTS"]


def test_lists_may_have_space_and_empty_values_count_as_none(tmp_path: Path) -> None:
    found = read(tmp_path, TRUSTED_PROXIES=" 10.0.0.0/8, 127.0.0.1 ,", PORT="", MOUNT_ALLOW="/srv/a, /srv/b:rw", TZ="")
    assert found["TRUSTED_PROXIES"] == ["10.0.0.0/8", "127.0.0.1"]
    assert found["MOUNT_ALLOW"] == ["/srv/a", "/srv/b:rw"]
    assert (found["PORT"], found["TIME_ZONE"]) == (8000, "UTC")


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        ("JST-9", "UTC"),
        ("/etc/localtime", "UTC"),
        ("../etc", "UTC"),
    ],
)
def test_a_time_zone_that_is_none_does_not_stop_the_console(tmp_path: Path, given: str, zone: str) -> None:
    assert read(tmp_path, TZ=given)["TIME_ZONE"] == zone


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "many", "foundation.E011"),
        ("SESSIONS_PER_USER", "1.5", "foundation.E011"),
        ("PUBLIC_BASE_URL", "http://[::1", "foundation.E011"),
        ("PUBLIC_BASE_URL", "http://h:99999", "foundation.E011"),
        ("VAULT_KEYS", "not-a-key", "vault.E001"),
    ],
)
def test_it_refuses_to_start_and_says_which_setting_cannot_be_read(
    tmp_path: Path, name: str, value: str, told: str
) -> None:
    done = check(tmp_path, **{name: value})
    assert done.returncode == 1
    assert told in done.stderr
    assert "HINT" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_never_takes_another_database_and_never_shows_the_password(tmp_path: Path) -> None:
    for wrong in ("nonsense-canary", "postgres://u:canary@h:port/db", "foo://u:canary@h/db"):
        done = check(tmp_path, DATABASE_URL=wrong)
        assert done.returncode == 1
        assert "DATABASE_URL cannot be read" in done.stderr
        assert "canary" not in done.stderr.split("ImproperlyConfigured")[-1]
