"""Reads whose SQL is made once give what the queryset itself would give."""

import threading

import pytest
from django.db import connection

from foundation.prepared import PreparedRead
from people import services
from people.models import ApiToken

READ = PreparedRead(
    lambda owner, name: ApiToken.objects.select_related("user").filter(user_id=owner, name=name).order_by(),
    owner=int,
    name=str,
)


@pytest.mark.django_db
def test_it_gives_the_rows_of_the_queryset_with_their_relations(cast, django_assert_num_queries) -> None:
    for name in ("one", "two", "one"):
        services.token_create(user=cast.operator, name=name)
    services.token_create(user=cast.colleague, name="one")
    expected = ApiToken.objects.filter(user=cast.operator, name="one").select_related("user")
    with django_assert_num_queries(1):
        found = READ.rows(owner=cast.operator.pk, name="one")
        assert {row.user.username for row in found} == {cast.operator.username}
    values = {row.pk: (row.scopes, row.created_at, row.expires_at, row.revoked_at) for row in expected}
    assert {row.pk: (row.scopes, row.created_at, row.expires_at, row.revoked_at) for row in found} == values
    assert READ.first(owner=cast.operator.pk, name="three") is None


@pytest.mark.django_db
def test_values_are_parameters_and_never_text_of_the_query(cast) -> None:
    services.token_create(user=cast.operator, name="one")
    assert READ.rows(owner=cast.operator.pk, name="one' OR '1'='1") == []
    assert connection.is_usable()


@pytest.mark.django_db
def test_it_refuses_other_kinds_and_names() -> None:
    with pytest.raises(TypeError):
        READ.rows(owner="1", name="one")
    with pytest.raises(TypeError):
        READ.rows(owner=1)


@pytest.mark.django_db
def test_it_refuses_a_queryset_that_changes_its_parameter() -> None:
    read = PreparedRead(lambda name: ApiToken.objects.filter(name__contains=name), name=str)
    with pytest.raises(TypeError):
        read.rows(name="one")


def test_its_stand_ins_are_apart_in_every_thread() -> None:
    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.append(hasattr(READ._made, "plan")))
    thread.start()
    thread.join()
    assert seen == [False]
