from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection
from django.test import Client

from foundation.errors import ConsoleError
from people import services
from people.models import Role, SetupLink, User
from tests.support.cast import PASSWORD, Cast

FIRST = {"username": "first", "password": PASSWORD}


@pytest.fixture
def link(db: None) -> str:
    token = services.setup_link_create()
    assert token
    return f"/setup/{token}/"


def test_the_link_makes_the_first_administrator_and_logs_in(link: str) -> None:
    client = Client()
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200, "looking does not use it up"
    done = client.post(link, FIRST)
    assert (done.status_code, done.url) == (302, "/")
    assert User.objects.get().role == Role.ADMINISTRATOR
    assert client.get("/people/").status_code == 200


def test_it_refuses_the_link_a_second_time(link: str) -> None:
    Client().post(link, FIRST)
    for answer in (Client().get(link), Client().post(link, {**FIRST, "username": "second"})):
        assert answer.status_code == 404
    assert User.objects.count() == 1


def test_it_refuses_an_older_link_once_another_made_the_administrator(link: str) -> None:
    fresh = services.setup_link_create()
    assert Client().post(f"/setup/{fresh}/", FIRST).status_code == 302
    assert Client().post(link, {**FIRST, "username": "second"}).status_code == 404


def test_it_refuses_the_link_as_soon_as_an_administrator_exists_otherwise(link: str) -> None:
    services.user_create(actor=None, username="root", password=PASSWORD, role=Role.ADMINISTRATOR)
    assert Client().get(link).status_code == 404
    assert services.setup_link_create() is None


def test_a_password_that_does_not_fit_leaves_the_link_as_it_was(link: str) -> None:
    refused = Client().post(link, {"username": "first", "password": "short"})
    assert refused.status_code == 422
    assert not User.objects.exists()
    assert Client().post(link, FIRST).status_code == 302


def test_the_database_holds_only_the_hash_of_the_link(link: str) -> None:
    token = link.split("/")[2]
    assert token not in str(list(SetupLink.objects.values()))


def test_it_refuses_to_guess_links(db: None) -> None:
    services.setup_link_create()
    codes = [Client().get(f"/setup/guess{n}/").status_code for n in range(21)]
    assert codes == [404] * 20 + [429]


def test_a_good_link_is_not_slowed_by_guessing(link: str) -> None:
    for n in range(30):
        Client().get(f"/setup/guess{n}/")
    assert Client().get(link).status_code == 200


def test_it_refuses_a_form_from_elsewhere(link: str) -> None:
    assert Client(enforce_csrf_checks=True).post(link, FIRST).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_links_used_at_once_make_one_administrator() -> None:
    tokens = [services.setup_link_create() or "" for _ in range(4)]

    def use(number: int) -> str:
        try:
            while True:
                try:
                    services.setup_link_use(token=tokens[number], username=f"admin{number}", password=PASSWORD)
                except OperationalError:  # the suite's database in memory answers "locked" where a file would wait
                    continue
                return "made"
        except ConsoleError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(use, range(4)))
    assert outcomes == ["made"] + ["setup.link_invalid"] * 3
    assert User.objects.count() == 1


def test_the_cast_has_an_administrator_so_no_link_is_made(cast: Cast) -> None:
    assert services.setup_link_create() is None
