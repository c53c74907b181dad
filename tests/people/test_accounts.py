import json

import pytest
from django.db import connection
from django.test import Client

from audit.models import AuditEvent
from people import hooks, services
from people.errors import LastAdministrator
from people.models import Notice, Role, User
from tests.people.conftest import Committed
from tests.support.cast import PASSWORD, Cast

NEW = {"username": "ada", "password": PASSWORD, "role": "security_officer"}


def acts(person: User) -> list[tuple[str, dict[str, str]]]:
    at = f"/people/{person.pk}"
    return [
        ("/people/new/", NEW),
        (f"{at}/role/", {"role": "administrator"}),
        (f"{at}/active/", {"active": "0"}),
        (f"{at}/password/", {"password": "another long sentence"}),
        (f"{at}/delete/", {}),
    ]


def test_an_administrator_adds_a_person_who_can_log_in(cast: Cast) -> None:
    assert cast.browser(cast.administrator).post("/people/new/", NEW).status_code == 302
    assert User.objects.get(username="ada").role == Role.SECURITY_OFFICER
    assert Client().post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    "changed",
    [
        {"username": "operator"},
        {"username": "two words"},
        {"username": "new\nline"},
        {"password": "short"},
        {"password": "password1234"},
        {"role": "root"},
    ],
)
def test_it_refuses_what_does_not_fit_and_keeps_what_was_typed(cast: Cast, changed: dict[str, str]) -> None:
    before = User.objects.count()
    page = cast.browser(cast.administrator).post("/people/new/", {**NEW, **changed})
    assert page.status_code == 422
    assert PASSWORD not in page.content.decode()
    if "username" not in changed:
        assert 'value="ada"' in page.content.decode()
    assert User.objects.count() == before


@pytest.mark.parametrize("name", ["operator", "officer", "auditor"])
def test_it_refuses_everybody_else_to_change_people(cast: Cast, name: str) -> None:
    browser = cast.browser(getattr(cast, name))
    before = list(User.objects.order_by("pk").values())
    for path, data in acts(cast.colleague):
        assert browser.post(path, data).status_code == 403
    after = list(User.objects.order_by("pk").values())
    assert after == before


def test_the_stranger_is_sent_to_the_login(cast: Cast) -> None:
    for path, data in acts(cast.colleague):
        assert cast.browser(None).post(path, data).url.startswith("/login/")


def test_it_refuses_forms_from_elsewhere(cast: Cast) -> None:
    browser = cast.browser(cast.administrator, csrf=True)
    for path, data in acts(cast.colleague):
        assert browser.post(path, data).status_code == 403
    assert User.objects.filter(pk=cast.colleague.pk, is_active=True, role="operator").exists()


def test_an_auditor_reads_the_list_and_finds_nothing_to_press(cast: Cast) -> None:
    browser = cast.browser(cast.auditor)
    for path in ("/people/", f"/people/{cast.operator.pk}/"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "/people/new/" not in page.content.decode()
        assert f"/people/{cast.operator.pk}/delete/" not in page.content.decode()


def test_a_new_role_counts_with_the_next_request(cast: Cast) -> None:
    browser = cast.browser(cast.operator)
    assert browser.get("/people/").status_code == 403
    cast.browser(cast.administrator).post(f"/people/{cast.operator.pk}/role/", {"role": "administrator"})
    assert browser.get("/people/").status_code == 200


def test_closing_an_account_ends_its_browser_sessions_and_tokens(cast: Cast) -> None:
    browser, program = cast.browser(cast.operator), cast.program(cast.operator)
    at = f"/people/{cast.operator.pk}/active/"
    cast.browser(cast.administrator).post(at, {"active": "0"})
    assert browser.get("/profile/").status_code == 302
    assert program.get("/api/v1/me").status_code == 401
    cast.browser(cast.administrator).post(at, {"active": "1"})
    assert program.get("/api/v1/me").status_code == 200


def test_a_reset_password_ends_the_persons_browser_sessions(cast: Cast) -> None:
    browser = cast.browser(cast.operator)
    cast.browser(cast.administrator).post(
        f"/people/{cast.operator.pk}/password/", {"password": "another long sentence"}
    )
    assert browser.get("/profile/").status_code == 302


def test_it_refuses_to_lose_the_last_administrator(cast: Cast) -> None:
    browser = cast.browser(cast.administrator)
    at = f"/people/{cast.administrator.pk}"
    for path, data in (
        (f"{at}/role/", {"role": "operator"}),
        (f"{at}/active/", {"active": "0"}),
        (f"{at}/delete/", {}),
    ):
        assert browser.post(path, data).status_code == 409
    for change in (services.user_delete, lambda **who: services.user_active_set(active=False, **who)):
        with pytest.raises(LastAdministrator):
            change(actor=None, user=cast.administrator)
    assert User.objects.get(pk=cast.administrator.pk).is_active


def test_a_closed_administrator_does_not_count_as_one(cast: Cast) -> None:
    services.user_create(actor=None, username="second", password=PASSWORD, role="administrator")
    second = User.objects.get(username="second")
    services.user_active_set(actor=cast.administrator, user=second, active=False)
    with pytest.raises(LastAdministrator):
        services.user_role_set(actor=None, user=cast.administrator, role="operator")


def test_it_refuses_to_delete_the_account_one_acts_with(cast: Cast) -> None:
    services.user_create(actor=None, username="second", password=PASSWORD, role="administrator")
    browser = cast.browser(cast.administrator)
    assert browser.post(f"/people/{cast.administrator.pk}/delete/").status_code == 409
    assert User.objects.filter(pk=cast.administrator.pk).exists()


def test_deleting_a_person_keeps_what_the_log_says_of_them(cast: Cast, committed: Committed) -> None:
    with committed():
        cast.browser(cast.operator).post("/logout/")
    told: list[str] = []

    def removing(user: User) -> None:
        told.append(user.username)

    hooks.user_removing.register(removing)
    with committed():
        cast.browser(cast.administrator).post(f"/people/{cast.operator.pk}/delete/")
    hooks.user_removing._listeners.remove(removing)
    assert told == ["operator"]
    assert not User.objects.filter(username="operator").exists()
    logout = AuditEvent.objects.get(verb="user.logout")
    assert (logout.actor_id, logout.actor_name) == (None, "operator")
    deletion = AuditEvent.objects.get(verb="user.delete")
    assert (deletion.object_name, deletion.object_id) == ("operator", str(cast.operator.pk))
    assert deletion.actor == cast.administrator


def test_a_person_is_exported_without_secrets(cast: Cast, committed: Committed) -> None:
    _token, value = services.token_create(user=cast.operator, name="laptop")
    services.notify(user=cast.operator, code="gateway.closed", context={"gateway": "east"})

    def section(user: User, by_the_user: bool) -> dict[str, object]:
        return {"sessions": [{"name": f"of {user.username}"}]}

    hooks.user_exported.register(section)
    with committed():
        answer = cast.browser(cast.operator).get(f"/people/{cast.operator.pk}/export/")
    hooks.user_exported._listeners.remove(section)
    data = json.loads(answer.content)
    assert answer["Content-Disposition"].startswith("attachment")
    assert data["user"]["username"] == "operator"
    assert data["api_tokens"][0]["name"] == "laptop"
    assert data["notices"][0]["code"] == "gateway.closed"
    assert data["sessions"] == [{"name": "of operator"}]
    assert "audit" in data
    hashed = User.objects.get(pk=cast.operator.pk).password
    for secret in (value, services.digest(value), hashed, json.dumps(hashed)):
        assert secret not in answer.content.decode()
    assert AuditEvent.objects.get(verb="user.export").object_name == "operator"


def test_another_persons_export_is_not_there(cast: Cast) -> None:
    path = f"/people/{cast.operator.pk}/export/"
    for user in (cast.colleague, cast.officer, cast.auditor):
        assert cast.browser(user).get(path).status_code == 404
    assert cast.browser(None).get(path).status_code == 302
    assert cast.browser(cast.administrator).get(path).status_code == 200


def test_no_persons_page_has_a_hash(cast: Cast) -> None:
    page = cast.browser(cast.administrator).get(f"/people/{cast.operator.pk}/").content.decode()
    assert cast.operator.password not in page


def test_the_list_asks_the_database_a_fixed_number_of_times(cast: Cast, django_assert_max_num_queries) -> None:
    for n in range(40):
        User.objects.create_user(username=f"person{n}")
    browser = cast.browser(cast.administrator)
    with django_assert_max_num_queries(6):
        browser.get("/people/")


def test_wrong_ids_are_not_there(cast: Cast) -> None:
    browser = cast.browser(cast.administrator)
    for wrong in ("0", "999999", "x", "1%00", str(10**30)):
        assert browser.get(f"/people/{wrong}/").status_code == 404
    assert not Notice.objects.exists()
    assert connection.is_usable()
