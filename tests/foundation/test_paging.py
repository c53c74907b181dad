"""Pages of a list: every row once, newest first, by a cursor that opens nothing of its own."""

import base64

import pytest

from foundation.errors import Invalid
from foundation.paging import page_of
from people.models import Notice, User
from tests.support.cast import Cast


def notices(user: User, number: int) -> list[str]:
    start = Notice.objects.count()  # ids in the order of making: real ones of one millisecond have none
    return [Notice.objects.create(pk=f"{at:026}", user=user, code=f"n{at}").pk for at in range(start, start + number)]


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_the_pages_together_hold_every_row_once_newest_first(cast: Cast) -> None:
    made = notices(cast.operator, 7)
    seen: list[str] = []
    cursor: str | None = ""
    sizes = []
    while cursor is not None:
        rows, cursor = page_of(Notice.objects.filter(user=cast.operator), 3, cursor)
        sizes.append(len(rows))
        seen += [row.pk for row in rows]
    assert sizes == [3, 3, 1]
    assert seen == sorted(made, reverse=True)


def test_a_full_last_page_leads_nowhere(cast: Cast) -> None:
    notices(cast.operator, 3)
    assert page_of(Notice.objects.all(), 3)[1] is None
    assert page_of(Notice.objects.none())[0] == []


def test_a_new_row_does_not_shift_the_next_page(cast: Cast) -> None:
    made = notices(cast.operator, 4)
    _first, cursor = page_of(Notice.objects.all(), 2)
    notices(cast.operator, 1)
    assert [row.pk for row in page_of(Notice.objects.all(), 2, cursor)[0]] == sorted(made)[1::-1]


def test_a_cursor_of_somebody_elses_list_shows_nothing_of_it(cast: Cast) -> None:
    notices(cast.colleague, 3)
    notices(cast.operator, 1)
    _rows, cursor = page_of(Notice.objects.filter(user=cast.colleague), 1)
    rows, following = page_of(Notice.objects.filter(user=cast.operator), 10, cursor)
    assert following is None
    assert {row.user_id for row in rows} <= {cast.operator.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [0, -1, 201])
def test_it_refuses_a_limit_out_of_bounds(limit: int) -> None:
    with pytest.raises(Invalid) as refused:
        page_of(Notice.objects.all(), limit)
    assert refused.value.errors[0]["path"] == "limit"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor",
    ["x", "%%%", "é", "\0", cursor_of("2:5"), cursor_of("1:"), cursor_of("1:a\0b"), cursor_of("1:" + "9" * 200)],
)
def test_it_refuses_a_cursor_that_was_not_made_here(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        page_of(Notice.objects.all(), 10, cursor)
    assert refused.value.errors[0]["path"] == "cursor"


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["five", "9" * 30, "1.5"])
def test_it_refuses_a_cursor_that_is_no_key_of_the_table(value: str) -> None:
    with pytest.raises(Invalid):
        page_of(User.objects.all(), 10, cursor_of(f"1:{value}"))
