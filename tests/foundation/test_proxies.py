"""What a proxy says of the caller is believed of the named proxies only; what a Host header says, of nobody."""

from typing import Any

import pytest
from django.conf import settings as conf
from django.test import Client

from tests.support.cast import Cast

PROXY, STRANGER = "10.1.2.3", "203.0.113.9"


@pytest.fixture
def behind_a_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 60


def secure(sender: str) -> bool:
    answer = Client().get("/healthz", REMOTE_ADDR=sender, headers={"x-forwarded-proto": "https"})
    return "Strict-Transport-Security" in answer


@pytest.mark.usefixtures("behind_a_proxy", "db")
def test_the_scheme_is_believed_of_a_trusted_proxy_only() -> None:
    assert secure(PROXY)
    assert not secure(STRANGER)
    assert not secure("")


@pytest.mark.usefixtures("behind_a_proxy", "db")
def test_the_callers_address_is_believed_of_a_trusted_proxy_only(cast: Cast) -> None:
    def address(sender: str, told: str) -> str:
        from audit.models import AuditEvent

        wrong = {"username": "operator", "password": "wrong"}
        Client().post("/login/", wrong, REMOTE_ADDR=sender, headers={"x-forwarded-for": told})
        return str(AuditEvent.objects.latest("pk").address)

    import people.hooks as hooks  # the event is told after commit, which a test's transaction never does

    monkey = pytest.MonkeyPatch()
    monkey.setattr(hooks.security_event, "call_after_commit", hooks.security_event.call)
    with monkey.context():
        assert address(PROXY, "198.51.100.7") == "198.51.100.7"
        assert address(PROXY, "127.0.0.1, 198.51.100.7, 10.9.9.9") == "198.51.100.7"
        assert address(STRANGER, "127.0.0.1") == STRANGER
    monkey.undo()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost:80@evil.example", "evil\r\nX: y"]
)
def test_it_refuses_a_foreign_host(host: str) -> None:
    for path in ("/login/", "/healthz", "/api/v1/me", "/nothing/"):
        answer = Client(headers={"host": host}).get(path)
        assert answer.status_code == 400, path
        if path.startswith("/api/"):
            assert answer.json()["code"] == "request.malformed"
        assert "evil" not in answer.content.decode()


@pytest.mark.django_db
def test_a_forwarded_host_changes_nothing() -> None:
    answer = Client(headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}).get("/catalog/")
    assert "evil" not in answer["Location"] + answer.content.decode()


def test_every_answer_carries_the_security_headers(cast: Cast) -> None:
    browser = cast.browser(cast.operator)
    for path in (
        "/",
        "/login/",
        "/catalog/",
        "/sessions/",
        "/tokens/",
        "/nothing/",
        "/healthz",
        "/api/v1/me",
        "/api/v1/no",
    ):
        answer = browser.get(path)
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer["X-Frame-Options"] == "DENY", path
        assert answer["Referrer-Policy"] == "same-origin", path
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert answer["X-Request-ID"], path
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
    too_large = browser.post("/api/v1/sessions", b"x" * (1024 * 1024 + 1), content_type="application/json")
    assert (too_large.status_code, too_large["X-Content-Type-Options"]) == (413, "nosniff")


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(cast: Cast) -> None:
    browser = Client()
    browser.get("/login/")
    browser.post("/login/", {"username": "operator", "password": "correct horse battery staple"})
    for name in (conf.SESSION_COOKIE_NAME, conf.CSRF_COOKIE_NAME):
        cookie = browser.cookies[name]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax"), name
    assert browser.cookies[conf.SESSION_COOKIE_NAME]["max-age"] == 7 * 24 * 3600
