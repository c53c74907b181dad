"""Logging in with a password.

Security duty: an unknown name, a wrong password and a closed account answer alike and take alike long
(`ModelBackend` hashes in each case); tries are braked per address and account.
"""

from django.contrib.auth import authenticate
from django.http import HttpRequest

from people import hooks, throttle
from people.models import User


def login_attempt(request: HttpRequest, *, username: str, password: str) -> User | None:
    """Return the user of this name and password, or None. Raises TooManyRequests."""
    username = User.normalize_username(username)  # as it was made: an input method may type full-width letters
    throttle.count_try("login", username)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        target = User.objects.filter(username=username).first()
        hooks.security_event.call_after_commit(None, "user.login", target, "refused", {})
        return None
    throttle.forget("login", username)
    hooks.security_event.call_after_commit(user, "user.login", user, "ok", {})
    return user
