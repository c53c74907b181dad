"""One entry of a catalogue, checked: what every source gives and what `CatalogServer` stores.

Security duty: an entry is untrusted until it has been through `Entry.checked`; nothing else makes rows. Pure.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from catalog import mounts, rules
from catalog.models import Kind
from catalog.rules import Refused
from catalog.schemas import check_schema

Json = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """An entry that was left out: its name as the source writes it, a stable code, a sentence."""

    name: str
    reason_code: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """The columns of `CatalogServer` that come from a source; shapes of the JSON ones are named there."""

    name: str
    source_name: str
    title: str
    kind: str
    description: str = ""
    image: str = ""
    package: Json = field(default_factory=dict)
    remote_url: str = ""
    transport: str = ""
    headers: Json = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    env: list[Json] = field(default_factory=list)
    secrets: list[Json] = field(default_factory=list)
    config_schema: Json = field(default_factory=dict)
    volumes: list[str] = field(default_factory=list)
    run_user: str = ""
    disable_network: bool = False
    allow_hosts: list[str] = field(default_factory=list)
    extra_hosts: list[str] = field(default_factory=list)
    long_lived: bool = False
    oauth: list[Json] = field(default_factory=list)
    oauth_scopes: list[str] = field(default_factory=list)
    requires_oauth: bool = False
    tools: list[Json] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    icon: str = ""
    homepage: str = ""
    readme: str = ""

    @classmethod
    def checked(cls, raw: Mapping[str, Any]) -> "Entry":
        """Return the entry of `raw`, keyed as the fields. Raises Refused with the first thing that is wrong."""
        unknown = set(raw) - FIELD_NAMES
        if unknown:
            raise Refused("entry.field", f"there is no field {min(unknown)[:40]!r}")
        source_name = raw.get("source_name") or raw.get("name")
        oauth = [_provider(item) for item in _items(raw, "oauth")]
        entry = cls(
            name=rules.name(raw.get("name")),
            source_name=rules.line(source_name, "the name", "name.invalid")[:200],
            title=rules.text(raw.get("title"), 200, "the title") or rules.name(raw.get("name")),
            description=rules.text(raw.get("description"), 10_000, "the description"),
            tools=[_tool(item) for item in _items(raw, "tools")],
            categories=[rules.text(item, 60, "a category") for item in _items(raw, "categories") if item],
            tags=[rules.text(item, 60, "a tag") for item in _items(raw, "tags") if item],
            icon=rules.link(raw.get("icon")),
            homepage=rules.link(raw.get("homepage")),
            readme=rules.text(raw.get("readme"), 100_000, "the readme"),
            oauth=oauth,
            oauth_scopes=[rules.line(item, "a scope", "oauth.invalid") for item in _items(raw, "oauth_scopes")],
            requires_oauth=_truth(raw, "requires_oauth") or bool(oauth),
            **_what_runs(raw),
            **_what_it_gets(raw),
        )
        _references(entry)
        return entry

    def columns(self) -> Json:
        return asdict(self)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over every field: the same entry from any shape has the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, ensure_ascii=True).encode()).hexdigest()


FIELD_NAMES = frozenset(item.name for item in fields(Entry))


def _what_runs(raw: Mapping[str, Any]) -> Json:
    kind = raw.get("kind")
    if kind not in Kind.values:
        raise Refused("kind.unknown", "the type is not known")
    wanted = {Kind.IMAGE: "image", Kind.PACKAGE: "package", Kind.REMOTE: "remote_url"}.get(Kind(kind))
    for column in ("image", "package", "remote_url"):
        if bool(raw.get(column)) != (column == wanted):
            raise Refused("kind.mismatch", f"an entry of the kind {kind} has the wrong thing to run")
    transport = raw.get("transport") or ""
    if kind == Kind.REMOTE and transport not in ("streamable-http", "sse"):
        raise Refused("transport.unknown", "the transport is neither streamable-http nor sse")
    headers = raw.get("headers") or {}
    if not isinstance(headers, dict):
        raise Refused("header.invalid", "the headers are not a mapping")
    return {
        "kind": kind,
        "image": rules.image(raw["image"]) if wanted == "image" else "",
        "package": rules.package(raw["package"]) if wanted == "package" else {},
        "remote_url": rules.url(raw["remote_url"]) if wanted == "remote_url" else "",
        "transport": transport if wanted == "remote_url" else "",
        "headers": dict(rules.header(name, value) for name, value in headers.items()),
        "command": [rules.line(item, "an argument", "command.invalid") for item in _items(raw, "command")],
        "long_lived": _truth(raw, "long_lived"),
    }


def _what_it_gets(raw: Mapping[str, Any]) -> Json:
    volumes = _items(raw, "volumes")
    for volume in volumes:
        mounts.parse(volume)
    schema = raw.get("config_schema") or {}
    check_schema(schema)
    return {
        "env": [_variable(item) for item in _items(raw, "env")],
        "secrets": [_secret(item) for item in _items(raw, "secrets")],
        "config_schema": schema,
        "volumes": volumes,
        "run_user": rules.run_user(raw["run_user"]) if raw.get("run_user") else "",
        "disable_network": _truth(raw, "disable_network"),
        "allow_hosts": rules.hosts(_items(raw, "allow_hosts")),
        "extra_hosts": rules.extra_hosts(_items(raw, "extra_hosts")),
    }


def _items(raw: Mapping[str, Any], column: str) -> list[Any]:
    value = raw.get(column)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 1000:
        raise Refused("entry.type", f"{column} is not a list")
    return value


def _truth(raw: Mapping[str, Any], column: str) -> bool:
    value = raw.get(column)
    if value is not None and not isinstance(value, bool):
        raise Refused("entry.type", f"{column} is neither true nor false")
    return bool(value)


def _member(item: Any, what: str) -> Json:
    if not isinstance(item, dict):
        raise Refused("entry.type", f"{what} is not a mapping")
    return item


def _variable(item: Any) -> Json:
    raw = _member(item, "an environment variable")
    value = rules.line("" if raw.get("value") is None else raw["value"], "an environment variable", "env.value")
    return {"name": rules.env_name(raw.get("name")), "value": value}


def _secret(item: Any) -> Json:
    raw = _member(item, "a secret")
    required = raw.get("required", True)
    if not isinstance(required, bool):
        raise Refused("entry.type", "a secret's required is neither true nor false")
    example = raw.get("example")
    return {
        "name": rules.key(raw.get("name"), "the name of a secret"),
        "env": rules.env_name(raw["env"]) if raw.get("env") else "",
        "description": rules.text(raw.get("description"), 1000, "the description of a secret"),
        "example": rules.text(example if example is None else str(example), 500, "the example of a secret"),
        "required": required,
    }


def _provider(item: Any) -> Json:
    raw = _member(item, "an OAuth provider")
    return {
        "provider": rules.key(raw.get("provider"), "an OAuth provider"),
        "secret": rules.key(raw["secret"], "the secret of an OAuth provider") if raw.get("secret") else "",
        "env": rules.env_name(raw["env"]) if raw.get("env") else "",
    }


def _tool(item: Any) -> Json:
    """A tool as the source tells it; a container command (`poci`) is checked like an entry of its own."""
    raw = dict(_member(item, "a tool"))
    raw["name"] = rules.matching(
        raw.get("name"), re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}"), "a tool", "tool.name"
    )
    raw["description"] = rules.text(raw.get("description"), 10_000, "the description of a tool")
    if "container" in raw:
        container = _member(raw["container"], "the container of a tool")
        rules.image(container.get("image"))
        for argument in _items(container, "command"):
            rules.line(argument, "an argument", "command.invalid")
        for volume in _items(container, "volumes"):
            mounts.parse(volume)
    if "parameters" in raw:
        check_schema(raw["parameters"])
    return raw


def _references(entry: Entry) -> None:
    names: Sequence[str] = [secret["name"] for secret in entry.secrets]
    if len(set(names)) != len(names):
        raise Refused("secret.twice", "a secret stands twice")
