"""Forms of accounts, tokens and the profile. They check shape; the services hold the rules."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.errors import Invalid
from people.models import Role, User
from people.services import TOKEN_DEFAULT_DAYS, TOKEN_DEFAULT_SCOPES, scopes_allowed
from people.services.tokens import TOKEN_MAX_DAYS

PASSWORD_CHARS = 1000  # hashing more is work for nobody's good


def add_errors(form: forms.Form, error: Invalid) -> None:
    """Put a service's refusals beside their fields."""
    for item in error.errors:
        form.add_error(item["path"] if item["path"] in form.fields else None, str(item["message"]))


def _password(label: Any, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=PASSWORD_CHARS, widget=widget)


def _username() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"})
    return forms.CharField(label=_("User name"), max_length=150, widget=widget)


class LoginForm(forms.Form):
    username = _username()
    password = _password(_("Password"), "current-password")


class SetupForm(forms.Form):
    username = _username()
    password = _password(_("Password"), "new-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = _("10 characters or more, and not a common one.")


class PasswordForm(forms.Form):
    old = _password(_("Your password now"), "current-password")
    password = _password(_("New password"), "new-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = _("10 characters or more, and not a common one.")


class PersonForm(SetupForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.OPERATOR)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class ResetForm(forms.Form):
    password = _password(_("New password"), "new-password")


class TokenForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What will use it: a machine, an agent."))
    scopes = forms.MultipleChoiceField(label=_("Scopes"), widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(
        label=_("Valid for (days)"), min_value=1, max_value=TOKEN_MAX_DAYS, initial=TOKEN_DEFAULT_DAYS
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = scopes_allowed(user)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)  # noqa: S101  (tells mypy, fails on a slip above)
        scopes.choices = [(scope.value, scope.label) for scope in allowed]
        scopes.initial = _among(TOKEN_DEFAULT_SCOPES, allowed)


def _among(wanted: Sequence[str], allowed: Sequence[str]) -> list[str]:
    return [scope for scope in wanted if scope in allowed]
