"""Where catalogue sources are: `CATALOG_SOURCES`, paths and addresses, and reading what lies there.

Security duty: addresses are fetched only through `foundation.http`, which checks them; in folders only plain files
are read, never links that could lead elsewhere. The rank of Docker's or of own entries is given to files and folders
that an administrator laid on this machine, and to Docker's own addresses; no other address can claim it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.entries import Refusal
from catalog.errors import SourceUnreadable
from catalog.models import NAME_PATTERN, Rank, SourceShape
from catalog.sources import Parsed, docker_catalog, docker_registry, starter
from catalog.sources.common import ENTRIES_MAX, shown
from catalog.yamlfile import FILE_MAX_BYTES, Document, Unreadable, read
from foundation import http

STARTER_NAME = "starter"
STARTER_FILE = Path(__file__).parent / "starter.yaml"
FETCH_DEADLINE_S = 60.0
# File names that say nothing of the source: the folder's or host's name is taken instead.
_DULL = {"catalog", "catalogue", "servers", "server", "index", "registry"}
# Where Docker publishes: its catalogue file, and the repository that it is made of.
_DOCKERS = (("desktop.docker.com", "/mcp/catalog/"), ("raw.githubusercontent.com", "/docker/mcp-registry/"))


@dataclass(frozen=True)
class Wanted:
    """A source as configured: its name and where it is."""

    name: str
    location: str


@dataclass(frozen=True)
class Reading:
    shape: str
    rank: int
    parsed: Parsed


def is_address(location: str) -> bool:
    return re.match(r"(?i)https?://", location) is not None


def configured(items: list[str] | None = None) -> list[Wanted]:
    """Return the sources of `CATALOG_SOURCES` (`path`, `address`, `name=path`, `name=address`)."""
    found: list[Wanted] = []
    for item in settings.CATALOG_SOURCES if items is None else items:
        name, equals, location = item.strip().partition("=")
        if not equals or not re.fullmatch(NAME_PATTERN, name):
            name, location = "", item.strip()
        if location:
            found.append(Wanted(name or name_for(location), location))
    return found


def name_for(location: str) -> str:
    """Return a source's name made from its path or address."""
    parts = urlsplit(location) if is_address(location) else None
    path = Path(parts.path if parts else location)
    stem = path.stem
    if parts and (stem.lower() in _DULL or not stem):
        stem = parts.hostname or ""
    elif stem.lower() in _DULL:
        stem = path.parent.name or stem
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:60]
    return name or "source"


def read_location(location: str) -> Reading:
    """Read and parse a path or address, recognising its shape. Raises SourceUnreadable, or foundation.http's errors."""
    path = Path(location).expanduser()
    try:
        if not is_address(location) and path.is_dir():
            return _read_folder(path)
        document = read(_raw(location, path))
        return _recognise(document, location, path)
    except Unreadable as error:
        raise SourceUnreadable(error.detail, reason_code=error.reason_code) from error
    except OSError as error:
        raise SourceUnreadable(_("The file cannot be read."), reason_code="file.unreadable") from error


def _raw(location: str, path: Path) -> bytes:
    if is_address(location):
        answer = http.fetch("GET", location, deadline_s=FETCH_DEADLINE_S, max_bytes=FILE_MAX_BYTES)
        if answer.status != 200:
            raise SourceUnreadable(_("The address answered %(status)s.") % {"status": answer.status})
        return answer.body
    if not path.is_file():
        raise SourceUnreadable(_("There is no such file or folder."), reason_code="file.missing")
    with path.open("rb") as stream:
        return stream.read(FILE_MAX_BYTES + 1)


def _recognise(document: Document, location: str, path: Path) -> Reading:
    """Tell the shape by what stands in it, the rank by where it lies: a file may claim to be anybody's."""
    far = is_address(location)
    dockers = Rank.DOCKER if not far or _is_dockers(location) else Rank.OTHER
    if document.get("registry") is not None:
        rank = dockers if document.scalar("name") == "docker-mcp" else Rank.OTHER
        return Reading(SourceShape.DOCKER_CATALOG, rank, docker_catalog.parse(document))
    if document.get("servers") is not None and document.get("catalogue") is not None:
        if path == STARTER_FILE:
            return Reading(SourceShape.STARTER, Rank.STARTER, starter.parse(document))
        return Reading(SourceShape.OWN, Rank.OTHER if far else Rank.OWN, starter.parse(document))
    if document.get("about") is not None:
        return Reading(SourceShape.DOCKER_REGISTRY, dockers, docker_registry.parse(document, path.name))
    raise SourceUnreadable(_("Its shape is not known."), reason_code="source.shape")


def _is_dockers(address: str) -> bool:
    """Whether Docker publishes under this address."""
    parts = urlsplit(address)
    return parts.scheme == "https" and any(
        parts.netloc.lower() == host and parts.path.startswith(path) for host, path in _DOCKERS
    )


def _read_folder(folder: Path) -> Reading:
    """Read a folder of `<name>.yaml`, or of `<name>/server.yaml` (also below `servers/`, as in the repository)."""
    root = folder / "servers" if (folder / "servers").is_dir() else folder
    files = sorted([*root.glob("*.yaml"), *root.glob("*/server.yaml")])
    files = [file for file in files if not file.is_symlink() and not file.parent.is_symlink() and file.is_file()]
    if not files:
        raise SourceUnreadable(_("The folder holds no server.yaml."), reason_code="source.shape")
    whole, names = Parsed(), set[str]()
    for file in files[:ENTRIES_MAX]:
        one = _read_one(file)
        fresh = [entry for entry in one.entries if entry.name.lower() not in names]
        names.update(entry.name.lower() for entry in fresh)
        whole.entries += fresh
        whole.refused += one.refused + [_twice(entry.source_name) for entry in one.entries if entry not in fresh]
    return Reading(SourceShape.DOCKER_REGISTRY, Rank.DOCKER, whole)


def _read_one(file: Path) -> Parsed:
    name = file.parent.name if file.name == "server.yaml" else file.stem
    try:
        with file.open("rb") as stream:
            return docker_registry.parse(read(stream.read(FILE_MAX_BYTES + 1)), name)
    except Unreadable as error:
        return Parsed(refused=[_refusal(name, error.reason_code, error.detail)])
    except OSError:
        return Parsed(refused=[_refusal(name, "file.unreadable", "the file cannot be read")])


def _twice(name: str) -> Refusal:
    return _refusal(name, "name.twice", "another entry of this source has the name")


def _refusal(name: str, code: str, reason: str) -> Refusal:
    return Refusal(shown(name), code, reason)
