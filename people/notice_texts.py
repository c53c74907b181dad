"""The sentence of each notice, chosen by its `code` and filled from its `context`, in the reader's language."""

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from people.models import Notice

_texts: dict[str, Promise | str] = {}


def register(code: str, sentence: Promise | str) -> None:
    """Tell the sentence of a notice: a lazy translation with `%(name)s` places, from `AppConfig.ready`."""
    _texts[code] = sentence


def sentence(notice: "Notice") -> str:
    """Return the notice in words. A code that nobody registered, or a place that is not filled, is said plainly."""
    text = _texts.get(notice.code)
    if text is None:
        return str(_("Something waits for you (%(code)s).")) % {"code": notice.code}
    return str(text) % _Filled(notice.context)


class _Filled(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
