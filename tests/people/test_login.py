import re

import pytest
from django.test import Client

from audit.models import AuditEvent
from people import throttle
from people.models import User
from tests.people.conftest import Committed
from tests.support.cast import PASSWORD, Cast

WRONG = "wrong-password-of-somebody"


def attempt(client: Client, username: str, password: str, **extra: str):
    return client.post("/login/", {"username": username, "password": password, **extra})


def test_a_login_leads_to_where_the_person_wanted_to_go(cast: Cast) -> None:
    client = Client()
    asked = client.get("/tokens/?x=1")
    assert asked.url == "/login/?next=/tokens/%3Fx%3D1"
    page = client.get(asked.url)
    assert 'name="next" value="/tokens/?x=1"' in page.content.decode()
    done = attempt(client, "operator", PASSWORD, next="/tokens/?x=1")
    assert (done.status_code, done.url) == (302, "/tokens/?x=1")
    assert client.get("/tokens/").status_code == 200


def test_a_login_starts_a_fresh_browser_session(cast: Cast) -> None:
    client = Client()
    client.get("/login/")
    client.session["planted"] = True
    client.session.save()
    before = client.session.session_key
    attempt(client, "operator", PASSWORD)
    assert client.cookies["sessionid"].value != before
    assert client.cookies["sessionid"]["httponly"]


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: a=b",
        "///evil.example",
        "evil.example",
        "http:evil.example",
        "\x01//evil.example",
    ],
)
def test_it_refuses_to_lead_away_from_the_console(cast: Cast, goal: str) -> None:
    assert attempt(Client(), "operator", PASSWORD, next=goal).url == "/"
    logged_in = cast.browser(cast.operator)
    assert logged_in.get("/login/", {"next": goal}).url == "/"


def test_it_refuses_a_foreign_host_header(cast: Cast) -> None:
    answer = Client(headers={"host": "evil.example"}).get("/tokens/")
    assert answer.status_code == 400


@pytest.mark.parametrize("username", ["operator", "nobody-of-this-name", "closed"])
def test_wrong_unknown_and_closed_answer_alike(cast: Cast, username: str) -> None:
    User.objects.create_user(username="closed", password=PASSWORD, is_active=False)
    password = PASSWORD if username == "closed" else WRONG
    answer = attempt(Client(), username, password)
    text = re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", answer.content.decode())
    reference = attempt(Client(), "somebody-else-entirely", WRONG)
    assert answer.status_code == reference.status_code == 422
    assert text == re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", reference.content.decode())


def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    attempt(Client(), "operator", WRONG)
    known = len(hashed)
    attempt(Client(), "nobody-of-this-name", WRONG)
    assert len(hashed) == 2 * known > 0


def test_it_refuses_to_guess_on_after_twenty_wrong_tries(cast: Cast, committed: Committed) -> None:
    client = Client()
    with committed():
        assert [attempt(client, "operator", WRONG).status_code for _ in range(20)] == [422] * 20
    stopped = attempt(client, "operator", PASSWORD)
    assert stopped.status_code == 429
    assert 1 <= int(stopped["Retry-After"]) <= 60
    assert "sessionid" not in client.cookies
    assert AuditEvent.objects.filter(verb="access.throttle").count() == 1


def test_guessing_one_account_slows_neither_another_account_nor_another_address(cast: Cast) -> None:
    for _ in range(25):
        attempt(Client(), "operator", WRONG)
    assert attempt(Client(), "colleague", PASSWORD).status_code == 302
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert attempt(elsewhere, "operator", PASSWORD).status_code == 302


def test_it_refuses_to_guess_on_from_another_address_of_the_same_network(cast: Cast) -> None:
    for number in range(throttle.TRIES):
        attempt(Client(REMOTE_ADDR=f"2001:db8:1:2::{number + 1:x}"), "operator", "wrong")
    assert attempt(Client(REMOTE_ADDR="2001:db8:1:2:ffff::9"), "operator", PASSWORD).status_code == 429
    assert attempt(Client(REMOTE_ADDR="2001:db8:1:3::1"), "operator", PASSWORD).status_code == 302


def test_a_name_typed_in_full_width_letters_is_the_same_name(cast: Cast) -> None:
    assert attempt(Client(), "ｏｐｅｒａｔｏｒ", PASSWORD).status_code == 302


def test_a_good_login_forgets_the_wrong_tries(cast: Cast) -> None:
    for _ in range(2):
        for _try in range(15):
            attempt(Client(), "operator", WRONG)
        assert attempt(Client(), "operator", PASSWORD).status_code == 302


def test_tries_are_still_counted_when_the_cache_is_out_of_reach(cast: Cast, settings) -> None:
    throttle._nearby.clear()
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    codes = [attempt(Client(), "operator", WRONG).status_code for _ in range(21)]
    assert codes == [422] * 20 + [429]


def test_it_refuses_a_login_form_from_elsewhere(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    assert attempt(client, "operator", PASSWORD).status_code == 403


def test_logging_out_takes_a_post_and_ends_the_session(cast: Cast) -> None:
    client = cast.browser(cast.operator)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").url == "/login/"
    assert client.get("/tokens/").status_code == 302
    assert AuditEvent.objects.get(verb="user.logout").actor == cast.operator


def test_logins_are_written_down_and_never_with_the_password(cast: Cast, committed: Committed) -> None:
    with committed():
        attempt(Client(), "operator", WRONG)
        attempt(Client(), "not-an-account-but-a-pasted-password", WRONG)
        attempt(Client(), "operator", PASSWORD)
    events = list(AuditEvent.objects.filter(verb="user.login").order_by("pk").values_list("outcome", "object_name"))
    assert events == [("refused", "operator"), ("refused", ""), ("ok", "operator")]
    everything = str(list(AuditEvent.objects.values()))
    assert WRONG not in everything
    assert "pasted-password" not in everything


def test_a_closed_account_is_out_with_the_next_request(cast: Cast) -> None:
    client = cast.browser(cast.operator)
    assert client.get("/tokens/").status_code == 200
    User.objects.filter(pk=cast.operator.pk).update(is_active=False)
    assert client.get("/tokens/").url.startswith("/login/")


def test_a_fragment_asked_for_after_logout_brings_the_whole_page_to_the_login(cast: Cast) -> None:
    headers = {"hx-request": "true", "hx-current-url": "http://testserver/notices/?page=2"}
    answer = Client(headers=headers).get("/notices/")
    assert answer["HX-Redirect"] == "/login/?next=/notices/%3Fpage%3D2"


def test_one_changes_ones_own_password_and_other_browsers_are_out(cast: Cast) -> None:
    here, there = cast.browser(cast.operator), cast.browser(cast.operator)
    refused = here.post("/password/", {"old": WRONG, "password": "another long sentence"})
    assert refused.status_code == 422
    short = here.post("/password/", {"old": PASSWORD, "password": "short"})
    assert short.status_code == 422
    done = here.post("/password/", {"old": PASSWORD, "password": "another long sentence"})
    assert done.status_code == 302
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302
    assert attempt(Client(), "operator", "another long sentence").status_code == 302


def test_it_refuses_to_guess_the_old_password_in_a_stolen_browser(cast: Cast) -> None:
    client = cast.browser(cast.operator)
    codes = [client.post("/password/", {"old": WRONG, "password": "another long one"}).status_code for _ in range(21)]
    assert codes == [422] * 20 + [429]
