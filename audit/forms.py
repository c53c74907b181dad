"""The filters of the log."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.models import Outcome, Verb
from audit.selectors import Filters


class FilterForm(forms.Form):
    """Every field is optional; a value that does not fit is said beside its field and does not narrow."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    person = forms.CharField(label=_("Who"), required=False, max_length=150)
    verb = forms.ChoiceField(label=_("Act"), required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), required=False)
    object = forms.CharField(
        label=_("Object"), required=False, max_length=64, help_text=_("A kind, such as session, or an id.")
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("verb", Verb.choices), ("outcome", Outcome.choices)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  (tells mypy, fails on a slip above)
            field.choices = [("", _("All")), *choices]

    def filters(self) -> Filters:
        """Return what was asked for, without what did not fit."""
        self.is_valid()
        return Filters(**{name: value for name, value in self.cleaned_data.items() if value})

    @property
    def is_narrow(self) -> bool:
        """Whether anything beside the search is set: the filters then stay open."""
        return any(value for name, value in self.cleaned_data.items() if name != "q")
