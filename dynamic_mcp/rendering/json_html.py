"""JSON as folded, coloured HTML: `<details>` for what has parts, spans for what has none. Pure.

Security duty: every key and value goes through `format_html`; at most 5,000 values and 40 levels are drawn.
"""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

MAX_VALUES = 5000
MAX_DEPTH = 40
_OPEN_LEVELS = 3
_OPEN_ITEMS = 60


def json_html(value: Any) -> SafeString:
    """Return a JSON value as HTML. What is beyond the bounds is replaced by an ellipsis."""
    return format_html('<div class="code json">{}</div>', _Drawing().draw(value, SafeString(""), 0, SafeString("")))


class _Drawing:
    def __init__(self) -> None:
        self.left = MAX_VALUES

    def draw(self, value: Any, label: SafeString, depth: int, comma: SafeString) -> SafeString:
        self.left -= 1
        if isinstance(value, dict | list) and value:
            return self._branch(value, label, depth, comma)
        return format_html('<div class="json-line">{}{}{}</div>', label, _leaf(value), comma)

    def _branch(self, value: Any, label: SafeString, depth: int, comma: SafeString) -> SafeString:
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        if depth >= MAX_DEPTH or self.left <= 0:
            return format_html('<div class="json-line">{}{}…{}{}</div>', label, opening, closing, comma)
        pairs = list(value.items()) if isinstance(value, dict) else [(None, item) for item in value]
        drawn: list[SafeString] = []
        for number, (key, item) in enumerate(pairs, 1):
            if self.left <= 0:
                rest = _("%(count)s more") % {"count": len(pairs) - number + 1}
                drawn.append(format_html('<div class="json-line"><span class="c">… {}</span></div>', rest))
                break
            name = SafeString("") if key is None else _key(str(key))
            drawn.append(self.draw(item, name, depth + 1, SafeString("," if number < len(pairs) else "")))
        fold = SafeString(" open") if depth < _OPEN_LEVELS and len(pairs) <= _OPEN_ITEMS else SafeString("")
        return format_html(
            '<details{}><summary>{}{}<span class="c"> {} </span></summary><div class="json-body">{}</div>'
            '<div class="json-line">{}{}</div></details>',
            fold,
            label,
            opening,
            len(pairs),
            mark_safe("".join(drawn)),  # noqa: S308  (each part came from format_html)
            closing,
            comma,
        )


def _key(key: str) -> SafeString:
    return format_html('<span class="k">{}</span>: ', json.dumps(key, ensure_ascii=False))


def _leaf(value: Any) -> SafeString:
    kind = "s" if isinstance(value, str) else "w" if value is None or isinstance(value, bool) else "n"
    kind = "c" if isinstance(value, dict | list) else kind
    return format_html('<span class="{}">{}</span>', kind, json.dumps(value, ensure_ascii=False))
