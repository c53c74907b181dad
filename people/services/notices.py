"""The inbox: what waits for a person."""

from django.utils import timezone

from foundation.errors import NotFound
from people.models import Notice, User


def notify(*, user: User, code: str, context: dict[str, str] | None = None, url: str = "") -> Notice:
    """Put a notice into a user's inbox; the same unread notice is not put there twice.

    `code` has its sentence in `people.notice_texts`, filled from `context`; `url` is a path of the console.
    """
    wanted = {"user": user, "code": code, "context": context or {}, "url": url, "read_at": None}
    return Notice.objects.filter(**{k: v for k, v in wanted.items() if v is not None}, read_at=None).first() or (
        Notice.objects.create(**wanted)
    )


def notice_read(*, user: User, notice_id: str) -> Notice:
    """Mark one of the user's notices as read; again changes nothing. Raises NotFound."""
    notice = Notice.objects.filter(user=user, pk=notice_id).first()
    if notice is None:
        raise NotFound
    if notice.read_at is None:
        notice.read_at = timezone.now()
        notice.save(update_fields=["read_at"])
    return notice


def notices_read_all(*, user: User) -> int:
    """Mark all of the user's notices as read; return how many were not."""
    return Notice.objects.filter(user=user, read_at=None).update(read_at=timezone.now())
