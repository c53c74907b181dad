"""The caller's own notices, and who the caller is."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from foundation.access import Access, needs
from foundation.paging import page_of
from people import selectors, services
from people.models import Notice
from people.notice_texts import sentence
from people.selectors import user_of

router = Router(tags=["people"])
Limit = Annotated[int, Field(ge=1, le=200)]


class MeOut(Schema):
    id: str
    username: str
    role: str
    scopes: list[str]


class NoticeOut(Schema):
    """`text` is in the caller's language; `url` a path of the console, or empty."""

    id: str
    code: str
    text: str
    context: dict[str, str]
    url: str
    created_at: datetime
    read_at: datetime | None

    @staticmethod
    def of(notice: Notice) -> "NoticeOut":
        return NoticeOut(
            id=notice.id,
            code=notice.code,
            text=sentence(notice),
            context={key: str(value) for key, value in notice.context.items()},
            url=notice.url,
            created_at=notice.created_at,
            read_at=notice.read_at,
        )


class NoticePage(Schema):
    results: list[NoticeOut]
    count: int
    next_cursor: str | None


@router.get("/me", response=MeOut, auth=needs("read"))
def me(request: HttpRequest) -> MeOut:
    """Who is asking, and what the token or browser session may open."""
    user = user_of(request)
    access: Access = request.access  # type: ignore[attr-defined]  # `needs` has let it in
    return MeOut(id=str(user.pk), username=user.username, role=user.role, scopes=sorted(access.scopes))


@router.get("/notices", response=NoticePage, auth=needs("read"))
def notices(request: HttpRequest, limit: Limit = 50, cursor: str = "", unread: bool = False) -> NoticePage:
    """What waits for the caller, newest first."""
    found = selectors.notices_of(user_of(request))
    if unread:
        found = found.filter(read_at=None)
    rows, following = page_of(found, limit, cursor)
    return NoticePage(results=[NoticeOut.of(row) for row in rows], count=found.count(), next_cursor=following)


@router.post("/notices/{slug:notice_id}/read", response=NoticeOut, auth=needs("use", "any"))
def notice_read(request: HttpRequest, notice_id: str) -> NoticeOut:
    """Mark one of the caller's notices as read; again changes nothing."""
    return NoticeOut.of(services.notice_read(user=user_of(request), notice_id=notice_id))
