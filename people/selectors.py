"""Reading people, tokens and notices: always for somebody."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from foundation.access import duty_held
from foundation.errors import NotFound
from people.models import ApiToken, Notice, Role, User
from people.notice_texts import sentence as notice_sentence

__all__ = [
    "administrator_exists",
    "notice_sentence",
    "notices_of",
    "tokens_of",
    "user_get",
    "user_of",
    "users_visible",
]


def user_of(request: HttpRequest) -> User:
    """Return who is logged in, behind `foundation.access.page` or `needs`. Raises TypeError where no guard stands."""
    if not isinstance(request.user, User):
        raise TypeError("the view has no guard in front of it")
    return request.user


def administrator_exists() -> bool:
    """Whether somebody can look after the console: an active administrator."""
    return User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists()


def users_visible(user: User) -> QuerySet[User]:
    """Return everybody for auditors and administrators, else oneself."""
    everybody = User.objects.order_by("username")
    return everybody if duty_held(user, "audit") else everybody.filter(pk=user.pk)


def user_get(user: User, user_id: int) -> User:
    """Return the person of this id when `user` may see them. Raises NotFound."""
    found = users_visible(user).filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return the user's own tokens that still open something, newest first."""
    return ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())


def notices_of(user: User) -> QuerySet[Notice]:
    """Return the user's own notices, newest first."""
    return Notice.objects.filter(user=user)
