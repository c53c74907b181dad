"""Markdown of a tool as safe HTML. Pure.

Security duty: the parser takes no HTML, and nh3 keeps only an allow list of elements; no image, no style, no id, no
class; links are http, https or mailto, and lead away with `noopener noreferrer nofollow`.
Source: CommonMark 0.31; nh3 (ammonia).
"""

import re

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")
_ELEMENTS = {
    "p",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "del",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
_SIGNS = re.compile(
    r"^#{1,6} \S|^\s{0,3}[-*] \S|^\s{0,3}\d{1,3}[.)] \S|^```|^> \S|^\|.+\|\s*$|\*\*\S[^*\n]*\*\*|\[[^\]\n]+\]\(https?://",
    re.MULTILINE,
)
_STRONG = re.compile(r"^#{1,6} \S|^```|^\|[ :|-]+\|\s*$|\*\*\S[^*\n]*\*\*|\[[^\]\n]+\]\(https?://", re.MULTILINE)
MAX_CHARS = 100_000


def looks_like_markdown(text: str) -> bool:
    """Whether a text is probably meant as Markdown: one strong sign, or three weak ones."""
    if len(text) > MAX_CHARS:
        return False
    return bool(_STRONG.search(text)) or len(_SIGNS.findall(text)) >= 3


def markdown_html(text: str) -> SafeString:
    """Return Markdown as HTML that runs and loads nothing."""
    cleaned = nh3.clean(
        _PARSER.render(text),
        tags=_ELEMENTS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    cleaned = re.sub(r"<h[1-6]>", "<p><strong>", cleaned)  # a tool's headings stay out of the page's outline
    cleaned = re.sub(r"</h[1-6]>", "</strong></p>", cleaned)
    return mark_safe(cleaned)  # noqa: S308  (the allow list above)
