"""The menu of the console: an entry shows when its page exists and the reader's role may open it."""

from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.access import Duty, duty_held


@dataclass(frozen=True)
class Place:
    """One page the menu may lead to. `key` is the second key of its shortcut (`g`, then the key)."""

    name: str
    label: str | Promise
    icon: str
    duty: Duty = "any"
    key: str = ""
    counts: bool = False


@dataclass(frozen=True)
class Entry:
    """A place as one reader sees it: with its address and whether this is the page being read."""

    url: str
    label: str | Promise
    icon: str
    key: str
    counts: bool
    current: bool


@dataclass(frozen=True)
class Group:
    label: str | Promise
    entries: list[Entry]


WORK = (
    Place("dynamic_mcp:catalog", _("Catalogue"), "catalog", key="c"),
    Place("dynamic_mcp:sessions", _("Sessions"), "session", key="s"),
    Place("oauth_connect:connections", _("Connections"), "plug"),
    Place("signing:policy", _("Signatures"), "shield"),
    Place("gateways:list", _("Gateways"), "gateway"),
    Place("dynamic_mcp:agents", _("Agents"), "agent"),
    Place("people:notices", _("Notices"), "bell", key="n", counts=True),
)
HOUSE = (
    Place("people:list", _("People"), "people", duty="administrator"),
    Place("catalog:sources", _("Sources"), "source", duty="administrator"),
    Place("audit:list", _("Audit log"), "audit", duty="audit"),
)
OWN = (
    Place("people:profile", _("Your account"), "person"),
    Place("people:password", _("Change password"), "lock"),
    Place("people:tokens", _("API tokens"), "key"),
)


@cache
def resolved(name: str) -> str:
    """Return the address of a named page, or "" when this version has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def menu(request: HttpRequest) -> list[Group]:
    """Return the groups of the side menu for the person asking."""
    groups = (("", WORK), (_("Administration"), HOUSE))
    built = [Group(label, _entries(request, places)) for label, places in groups]
    return [group for group in built if group.entries]


def user_menu(request: HttpRequest) -> list[Entry]:
    """Return the entries about oneself."""
    return _entries(request, OWN)


def _entries(request: HttpRequest, places: tuple[Place, ...]) -> list[Entry]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    found = []
    for place in places:
        url = resolved(place.name)
        if url and duty_held(user, place.duty):
            current = request.path.startswith(url)
            found.append(Entry(url, place.label, place.icon, place.key, place.counts, current))
    return found
