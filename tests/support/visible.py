"""What a person sees or hears of a page: its texts and the attributes that are read out, without code."""

from html.parser import HTMLParser

SILENT = {"script", "style", "code", "pre", "kbd", "svg", "time"}
SPOKEN = {"aria-label", "title", "placeholder", "alt", "data-copied", "data-label", "aria-description"}
BUTTONS = {"submit", "button", "reset"}


class _Reader(HTMLParser):
    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.open: list[tuple[str, bool]] = []  # (tag, whether its texts count)
        self.texts: list[str] = []
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang") or ""
        counts = tag not in SILENT and (given.get("lang") or self.language) == self.language
        counts = counts and all(shown for _tag, shown in self.open)
        if counts:
            self.texts += [value for name, value in given.items() if name in SPOKEN and value]
            if tag == "input" and given.get("type") in BUTTONS and given.get("value"):
                self.texts.append(str(given["value"]))
        if tag not in ("input", "img", "meta", "link", "br", "hr", "use", "path"):
            self.open.append((tag, counts))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and all(shown for _tag, shown in self.open):
            self.texts.append(" ".join(data.split()))


def visible(page: str, language: str) -> tuple[str, list[str]]:
    """Return the page's own language, and its texts but those marked as another language than `language`."""
    reader = _Reader(language)
    reader.feed(page)
    return reader.lang, reader.texts
