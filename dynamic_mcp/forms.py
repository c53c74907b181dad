"""The small forms of the session pages. Forms from JSON schemas are in `schema_forms`."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.selectors import worded
from dynamic_mcp.entries import ServerEntry
from dynamic_mcp.models import SessionServer


class SessionForm(forms.Form):
    """A new session: a name may be given, the rest is chosen."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("Something you will recognise. Left empty, the session is named after the time."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class SecretsForm(forms.Form):
    """One password field for each secret of a server; what is set is said, never shown.

    An empty field leaves the stored value as it is, the tick beside it removes it.
    """

    def __init__(self, row: SessionServer, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix="secrets", auto_id=f"secrets-{row.pk}-%s")
        self.entry = ServerEntry.of(row.entry)
        needed = set(self.entry.required_secrets)
        for index, secret in enumerate(self.entry.secrets):
            name, is_set = str(secret["name"]), secret["name"] in row.secret_keys
            self.fields[f"value{index}"] = forms.CharField(
                label=name,
                required=name in needed and not is_set,
                strip=False,
                help_text=worded(str(secret.get("description") or "")),
                widget=forms.PasswordInput(
                    attrs={
                        "autocomplete": "off",
                        "placeholder": _("set; leave empty to keep it") if is_set else str(secret.get("example") or ""),
                    }
                ),
            )
            if is_set:
                self.fields[f"remove{index}"] = forms.BooleanField(label=_("Remove the stored value"), required=False)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return, for each secret, its field, its remove field or None, and whether a value is stored."""
        return [
            {
                "name": secret["name"],
                "field": self[f"value{index}"],
                "remove": self[f"remove{index}"] if f"remove{index}" in self.fields else None,
            }
            for index, secret in enumerate(self.entry.secrets)
        ]

    def values(self) -> dict[str, str | None]:
        """Return what is to be stored (a text) or removed (None), by secret name."""
        found: dict[str, str | None] = {}
        for index, secret in enumerate(self.entry.secrets):
            if self.cleaned_data.get(f"remove{index}"):
                found[str(secret["name"])] = None
            elif value := self.cleaned_data.get(f"value{index}"):
                found[str(secret["name"])] = value
        return found

    def refuse(self, errors: list[dict[str, Any]]) -> None:
        """Show a service's `[{path, message}]` at the fields; `path` is a secret's name."""
        places = {str(secret["name"]): f"value{index}" for index, secret in enumerate(self.entry.secrets)}
        for error in errors:
            self.add_error(places.get(str(error.get("path"))), str(error.get("message")))
