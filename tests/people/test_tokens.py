from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from people import services
from people.models import ApiToken, Role, User
from tests.people.conftest import Committed
from tests.support.cast import Cast

FORM = {"name": "laptop", "scopes": ["read", "use"], "days": "90"}


def made_by_form(client: Client, **changed: object) -> str:
    page = client.post("/tokens/", {**FORM, **changed})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    return page.content.decode().split('id="token-value">')[1].split("<")[0]


def bearer(value: str, **extra: str) -> Client:
    return Client(headers={"authorization": f"Bearer {value}"}, **extra)


def test_a_token_is_shown_once_and_kept_as_a_hash(cast: Cast, committed: Committed) -> None:
    browser = cast.browser(cast.operator)
    with committed():
        value = made_by_form(browser)
    assert bearer(value).get("/api/v1/me").json()["username"] == "operator"
    assert value not in browser.get("/tokens/").content.decode()
    assert value not in str(list(ApiToken.objects.values())) + str(list(AuditEvent.objects.values()))
    assert AuditEvent.objects.get(verb="token.create").actor == cast.operator


def test_a_token_lives_ninety_days_unless_said_otherwise(cast: Cast) -> None:
    token, _value = services.token_create(user=cast.operator, name="x")
    assert timedelta(days=89) < token.expires_at - timezone.now() <= timedelta(days=90)
    made_by_form(cast.browser(cast.operator), days="7", name="week")
    week = ApiToken.objects.get(name="week")
    assert timedelta(days=6) < week.expires_at - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize("days", ["0", "-1", "367", "many"])
def test_it_refuses_a_lifetime_out_of_bounds(cast: Cast, days: str) -> None:
    assert cast.browser(cast.operator).post("/tokens/", {**FORM, "days": days}).status_code == 422
    assert not ApiToken.objects.exists()


def test_it_refuses_an_expired_a_revoked_and_a_closed_accounts_token(cast: Cast) -> None:
    token, value = services.token_create(user=cast.operator, name="x")
    client = bearer(value)
    assert client.get("/api/v1/me").status_code == 200
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert client.get("/api/v1/me").status_code == 401
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() + timedelta(days=1))
    User.objects.filter(pk=cast.operator.pk).update(is_active=False)
    assert client.get("/api/v1/me").status_code == 401
    User.objects.filter(pk=cast.operator.pk).update(is_active=True)
    assert cast.browser(cast.operator).post(f"/tokens/{token.pk}/revoke/").status_code == 302
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "header",
    ["Bearer ", "Bearer x", "Bearer mcpc_", "Basic b3A6cHc=", "mcpc_x", "Bearer mcpc_\u00e9", "Bearer mcpc_a b"],
)
def test_it_refuses_what_is_no_token_with_a_problem_document(cast: Cast, header: str) -> None:
    answer = cast.browser(cast.operator).get("/api/v1/me", headers={"authorization": header})
    assert answer.status_code == 401, "a bad bearer is refused even beside a good cookie"
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "access.not_logged_in"


def test_it_refuses_to_guess_tokens_and_never_slows_a_good_one(cast: Cast) -> None:
    _token, value = services.token_create(user=cast.operator, name="x")
    codes = [bearer(f"mcpc_wrong{n}").get("/api/v1/me").status_code for n in range(21)]
    assert codes == [401] * 20 + [429]
    stopped = bearer("mcpc_wrong").get("/api/v1/me")
    assert 1 <= int(stopped["Retry-After"]) <= 60
    assert stopped.json()["code"] == "limit.requests"
    assert [bearer(value).get("/api/v1/me").status_code for _ in range(30)] == [200] * 30


@pytest.mark.parametrize(
    ("person", "scope"),
    [
        ("operator", "manage"),
        ("operator", "policy"),
        ("officer", "manage"),
        ("auditor", "use"),
        ("auditor", "agent"),
        ("operator", "everything"),
    ],
)
def test_it_refuses_a_scope_that_the_role_cannot_use(cast: Cast, person: str, scope: str) -> None:
    user = getattr(cast, person)
    page = cast.browser(user).post("/tokens/", {**FORM, "scopes": ["read", scope]})
    assert page.status_code == 422
    assert not ApiToken.objects.exists()


def test_it_refuses_one_token_for_agents_and_policy(cast: Cast) -> None:
    page = cast.browser(cast.officer).post("/tokens/", {**FORM, "scopes": ["agent", "policy"]})
    assert page.status_code == 422
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(("method", "path"), [("get", "/api/v1/me"), ("get", "/api/v1/notices")])
def test_an_agents_token_opens_nothing_of_the_json_api(cast: Cast, method: str, path: str) -> None:
    answer = getattr(cast.program(cast.officer, "agent"), method)(path)
    assert answer.status_code == 403
    assert answer.json()["code"] == "access.forbidden"


def test_a_bearer_token_opens_no_page(cast: Cast) -> None:
    _token, value = services.token_create(user=cast.administrator, name="x", scopes=["read", "manage"])
    for path in ("/people/", "/tokens/", "/audit/", "/admin/"):
        assert bearer(value).get(path).status_code == 302


def test_a_token_is_worth_no_more_than_its_users_role_of_today(cast: Cast) -> None:
    from django.test import RequestFactory

    from foundation.access import Access, needs
    from foundation.errors import Forbidden

    request = RequestFactory().get("/")
    request.access = Access(frozenset({"read", "use", "manage", "policy"}), token_id="t")
    for role, scopes in (
        (Role.OPERATOR, {"read", "use"}),
        (Role.SECURITY_OFFICER, {"read", "use", "policy"}),
        (Role.ADMINISTRATOR, {"read", "use", "manage", "policy"}),
        (Role.AUDITOR, {"read"}),
    ):
        request.user = User(role=role)
        opened = set()
        for scope in ("read", "use", "manage", "policy", "agent"):
            try:
                needs(scope)(request)
            except Forbidden:
                continue
            opened.add(scope)
        assert opened == scopes


def test_it_refuses_policy_to_a_token_that_also_opens_the_agent_endpoint(cast: Cast) -> None:
    from django.test import RequestFactory

    from foundation.access import Access, needs
    from foundation.errors import Forbidden

    request = RequestFactory().get("/")
    request.access = Access(frozenset({"agent", "policy", "manage"}), token_id="t")
    request.user = cast.administrator
    for scope in ("policy", "manage"):
        with pytest.raises(Forbidden):
            needs(scope)(request)


def test_another_users_token_is_not_there(cast: Cast) -> None:
    token, value = services.token_create(user=cast.operator, name="mine-alone")
    for user in (cast.colleague, cast.officer, cast.administrator, cast.auditor):
        browser = cast.browser(user)
        assert "mine-alone" not in browser.get("/tokens/").content.decode()
        assert browser.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert cast.browser(None).post(f"/tokens/{token.pk}/revoke/").status_code == 302
    assert bearer(value).get("/api/v1/me").status_code == 200


def test_the_last_use_is_noted_and_not_at_every_call(cast: Cast) -> None:
    token, value = services.token_create(user=cast.operator, name="x")
    bearer(value).get("/api/v1/me")
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    bearer(value).get("/api/v1/me")
    token.refresh_from_db()
    assert token.last_used_at == first


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines", "\x1b[31mred"])
def test_it_refuses_a_name_that_is_empty_long_or_has_control_characters(cast: Cast, name: str) -> None:
    assert cast.browser(cast.operator).post("/tokens/", {**FORM, "name": name}).status_code == 422


def test_a_name_with_markup_is_shown_as_text(cast: Cast) -> None:
    made_by_form(cast.browser(cast.operator), name="<script>alert(1)</script>")
    assert "<script>alert" not in cast.browser(cast.operator).get("/tokens/").content.decode()


def test_the_page_asks_the_database_a_fixed_number_of_times(cast: Cast, django_assert_max_num_queries) -> None:
    for n in range(30):
        services.token_create(user=cast.operator, name=f"token {n}")
    browser = cast.browser(cast.operator)
    with django_assert_max_num_queries(6):
        browser.get("/tokens/")
