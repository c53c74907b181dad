"""The one root of every error that a person or a program may see.

A subclass names its stable `code`, its HTTP `status`, whether it is `permanent` (trying again without a change is
useless) and the sentence for a person, written once. `retry_steps` says what to do next. Nothing here carries a
secret: `detail` is shown on pages, in the API and in the audit log.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class ConsoleError(Exception):
    """Base of all errors with a stable code.

    `detail` replaces the class's sentence, `retry_steps` its steps; `extra` are further members of the problem
    document (RFC 9457 section 3.2), such as `errors` for a 422.
    """

    code: ClassVar[str] = "internal.error"
    status: ClassVar[int] = 500
    permanent: ClassVar[bool] = True
    title: ClassVar[Text] = _("Something went wrong")
    sentence: ClassVar[Text] = _("The console could not do this. It has been logged.")
    steps: ClassVar[Sequence[Text]] = ()

    def __init__(self, detail: Text | None = None, *, retry_steps: Sequence[Text] | None = None, **extra: Any) -> None:
        self.detail: Text = self.sentence if detail is None else detail
        self.retry_steps: Sequence[Text] = self.steps if retry_steps is None else retry_steps
        self.extra = extra
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class NotLoggedIn(ConsoleError):
    code = "access.not_logged_in"
    status = 401
    title = _("Please log in")
    sentence = _("This needs a login or a valid API token.")
    steps = (_("Log in, or send an API token that is valid."),)


class Forbidden(ConsoleError):
    code = "access.forbidden"
    status = 403
    title = _("Not allowed")
    sentence = _("Your role or the scope of your token does not allow this.")
    steps = (_("Ask an administrator for the role, or use a token with the scope."),)


class NotFound(ConsoleError):
    """Not there, or not yours: the two are not told apart."""

    code = "access.not_found"
    status = 404
    title = _("Not found")
    sentence = _("There is nothing here, or it is not yours.")


class Invalid(ConsoleError):
    """A value does not fit. `errors` is a list of `{"path", "message"}`."""

    code = "request.invalid"
    status = 422
    title = _("Some values do not fit")
    sentence = _("Please correct the values named below.")
    steps = (_("Correct the request and send it again."),)

    def __init__(
        self,
        detail: Text | None = None,
        *,
        errors: Sequence[dict[str, Any]] = (),
        retry_steps: Sequence[Text] | None = None,
        **extra: Any,
    ) -> None:
        self.errors = list(errors)
        super().__init__(detail, retry_steps=retry_steps, errors=self.errors, **extra)


class TooManyRequests(ConsoleError):
    """`retry_after` is whole seconds, sent as the header of that name."""

    code = "limit.requests"
    status = 429
    permanent = False
    title = _("Too many requests")
    sentence = _("Please wait a moment and try again.")

    def __init__(self, detail: Text | None = None, *, retry_after: int = 60, **extra: Any) -> None:
        self.retry_after = retry_after
        super().__init__(detail, **extra)


class NotBuilt(ConsoleError):
    """The contract names it, this version does not have it yet."""

    code = "api.not_built"
    status = 501
    title = _("Not there yet")
    sentence = _("This part of the console is not built in this version.")
