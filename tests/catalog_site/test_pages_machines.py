"""What machines ask, and who may ask it."""

import time

import pytest
from django.core.cache import cache
from django.test import Client

from catalog_site import health
from catalog_site.tasks import HEARTBEAT_KEY
from tests.support.cast import Cast

FROM_AFAR = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture(autouse=True)
def _no_heartbeat() -> None:
    cache.delete(HEARTBEAT_KEY)


def test_liveness_answers_anybody_and_asks_no_database() -> None:
    answer = Client().get("/healthz", **FROM_AFAR)  # type: ignore[arg-type]
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_it_refuses_readiness_and_figures_to_strangers_from_afar(path: str) -> None:
    answer = Client().get(path, **FROM_AFAR)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.json()["code"] == "access.not_logged_in"


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded"])
@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_it_refuses_a_request_that_a_proxy_on_this_machine_passed_on(path: str, header: str) -> None:
    assert Client().get(path, headers={header: "127.0.0.1"}).status_code == 401


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_it_refuses_a_browser_session_and_a_token_without_read_from_afar(path: str, cast: Cast) -> None:
    assert cast.browser(cast.administrator).get(path, **FROM_AFAR).status_code == 401  # type: ignore[arg-type]
    assert cast.program(cast.operator, "use").get(path, **FROM_AFAR).status_code == 403  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_a_token_with_read_may_ask_from_afar(path: str, cast: Cast) -> None:
    cache.set(HEARTBEAT_KEY, time.time())
    assert cast.program(cast.operator, "read").get(path, **FROM_AFAR).status_code == 200  # type: ignore[arg-type]


@pytest.mark.django_db
def test_readiness_names_every_part() -> None:
    cache.set(HEARTBEAT_KEY, time.time())
    answer = Client().get("/readyz")
    body = answer.json()
    assert answer.status_code == 200, body
    assert body["ok"] is True
    assert set(body["parts"]) == {"database", "broker", "worker", "vault", "gateways"}
    assert all(set(part) == {"ok", "detail"} for part in body["parts"].values())


@pytest.mark.django_db
@pytest.mark.parametrize("seconds", [None, health.HEARTBEAT_LATE_S + 5])
def test_a_worker_that_is_silent_makes_it_503(seconds: float | None) -> None:
    if seconds is not None:
        cache.set(HEARTBEAT_KEY, time.time() - seconds)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ok"] is False
    assert answer.json()["parts"]["worker"]["ok"] is False


@pytest.mark.django_db
def test_a_broker_that_is_down_is_said_without_its_address(settings: object) -> None:
    settings.REDIS_URL = "redis://:hidden-password@127.0.0.1:1/0"  # type: ignore[attr-defined]
    answer = Client().get("/readyz")
    assert answer.json()["parts"]["broker"] == {"ok": False, "detail": "ConnectionError"}
    assert b"hidden-password" not in answer.content


@pytest.mark.django_db
def test_a_vault_key_that_does_not_fit_is_said(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ValueError("the-key-itself")

    monkeypatch.setattr("vault.services.verify_keys", refuse)
    answer = Client().get("/readyz")
    assert answer.json()["parts"]["vault"]["ok"] is False
    assert b"the-key-itself" not in answer.content


@pytest.mark.django_db
def test_figures_are_in_prometheus_format_and_name_no_people(cast: Cast) -> None:
    answer = Client().get("/metrics")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/plain")
    assert 'console_ready{part="database"} 1.0' in text
    assert "process_resident_memory_bytes" in text
    assert cast.operator.username not in text
