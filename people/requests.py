"""What a view behind `foundation.access.page`, or an operation behind `needs`, may rely on: somebody is logged in."""

from django.http import HttpRequest

from people.models import User


def user_of(request: HttpRequest) -> User:
    """Return who is logged in. Raises TypeError when the view has no guard in front of it."""
    if not isinstance(request.user, User):
        raise TypeError("the view has no guard in front of it")
    return request.user
