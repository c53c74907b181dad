"""What a row of the catalogue says: what the server is, whether it needs somebody, and the one thing to press."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from catalog.models import Kind
from catalog.selectors import worded
from gateways.selectors import image_support
from people.models import User

GLYPHS = {Kind.IMAGE: "image", Kind.PACKAGE: "package", Kind.REMOTE: "cloud", Kind.POCI: "terminal"}
CONTAINERS = frozenset({Kind.IMAGE, Kind.POCI})
_SHORT_CHARS = 150


def connect_url(server: str) -> str:
    """Return the page where an account is connected to `server`; "" where this version has no such page."""
    try:
        return f"{reverse('oauth_connect:connections')}?{urlencode({'server': server})}"
    except NoReverseMatch:
        return ""


def catalog_rows(user: User, found: Sequence[dict[str, Any]], *, session: str = "") -> list[dict[str, Any]]:
    """Return search rows with `url`, `glyph`, `about`, `note`, `tone` and `action` (add, connect, review, details).

    Title and `about` are in the reader's language where the words are the console's own.
    """
    no_images = any(row["kind"] in CONTAINERS for row in found) and image_support() is not None
    kept = f"?{urlencode({'session': session})}" if session else ""
    return [
        {
            **row,
            **_call(user, row, no_images=no_images),
            "url": reverse("dynamic_mcp:catalog_server", args=[row["name"]]) + kept,
            "connect_url": connect_url(row["name"]),
            "glyph": GLYPHS[Kind(row["kind"])],
            "title": worded(row["title"]),
            "about": _short(worded(row["description"])),
        }
        for row in found
    ]


def _call(user: User, row: dict[str, Any], *, no_images: bool) -> dict[str, str]:
    """Return what a row says of its state, how loudly, and what its button does."""
    if row["approval"] == "rejected":
        return {"note": _("Rejected"), "tone": "bad", "action": "details"}
    if row["approval"] == "unreviewed":
        return {
            "note": _("Not reviewed"),
            "tone": "warn",
            "action": "review" if user.is_administrator else "details",
        }
    if no_images and row["kind"] in CONTAINERS:
        return {"note": _("Cannot run here"), "tone": "", "action": "details"}
    if row["connection_status"] == "not_connected":
        able = user.may_use and connect_url(row["name"])
        return {"note": _("Needs sign-in"), "tone": "", "action": "connect" if able else "details"}
    return {"note": "", "tone": "", "action": "add" if user.may_use else "details"}


def _short(text: str) -> str:
    line = " ".join(text[:400].split())
    return line if len(line) <= _SHORT_CHARS else line[: _SHORT_CHARS - 1].rsplit(" ", 1)[0] + "…"
