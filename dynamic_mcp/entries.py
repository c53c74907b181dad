"""A catalogue entry as a session keeps it: what runs does not change when the catalogue does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from catalog.models import CatalogServer


@dataclass(frozen=True)
class ServerEntry:
    """The part of a catalogue entry that decides what is started, and how it is called."""

    name: str = ""
    source_name: str = ""
    title: str = ""
    kind: str = ""
    image: str = ""
    package: dict[str, Any] = field(default_factory=dict)
    remote_url: str = ""
    transport: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    env: list[dict[str, str]] = field(default_factory=list)
    secrets: list[dict[str, Any]] = field(default_factory=list)
    config_schema: dict[str, Any] = field(default_factory=dict)
    volumes: list[str] = field(default_factory=list)
    run_user: str = ""
    disable_network: bool = False
    extra_hosts: list[str] = field(default_factory=list)
    requires_oauth: bool = False
    approval: str = "not_needed"
    fingerprint: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "ServerEntry":
        """Read what `snapshot` wrote; members of another version are left out."""
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})

    @property
    def secret_envs(self) -> dict[str, str]:
        """Return {secret name: environment variable}."""
        return {item["name"]: item.get("env") or "" for item in self.secrets}

    @property
    def required_secrets(self) -> list[str]:
        """Return the names without which it does not start; a source that does not say means required."""
        return [item["name"] for item in self.secrets if item.get("required", True) is not False]


def snapshot(server: CatalogServer) -> dict[str, Any]:
    """Return the entry as a session's row keeps it."""
    return {item.name: getattr(server, item.name) for item in fields(ServerEntry)}
