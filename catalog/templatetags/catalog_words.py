"""The template filter that shows a text of a catalogue entry in the reader's language."""

from django import template

from catalog import wording

register = template.Library()


@register.filter
def worded(text: object) -> str:
    """Return the starter's text translated, any other as it is."""
    return wording.worded(str(text or ""))
