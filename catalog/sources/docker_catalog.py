"""Docker's published catalogue: one file, `registry: {NAME: entry}` (what `docker mcp gateway run --catalog` reads)."""

from typing import Any

from catalog.rules import Refused
from catalog.sources import Parsed
from catalog.sources.common import collect, kind_of, mapping
from catalog.yamlfile import Document

SHAPE = "docker_catalog"


def parse(document: Document) -> Parsed:
    """Return the entries of `registry`."""
    return collect(document, document.mapping_items(document.get("registry")), entry)


def entry(name: str, value: Any) -> dict[str, Any]:
    """Return the fields of one entry as written, not yet checked. Raises Refused."""
    raw = mapping(value, "the entry")
    remote, metadata = mapping(raw.get("remote"), "remote"), mapping(raw.get("metadata"), "metadata")
    oauth = mapping(raw.get("oauth"), "oauth")
    return {
        "name": name,
        "source_name": name,
        "title": raw.get("title"),
        "description": raw.get("description"),
        "kind": kind_of(raw.get("type")),
        "image": raw.get("image"),
        "remote_url": remote.get("url"),
        "transport": remote.get("transport_type"),
        "headers": remote.get("headers"),
        "command": raw.get("command"),
        "env": raw.get("env"),
        "secrets": raw.get("secrets"),
        "config_schema": config_schema(raw.get("config")),
        "volumes": raw.get("volumes"),
        "run_user": raw.get("user"),
        "disable_network": raw.get("disableNetwork"),
        "allow_hosts": raw.get("allowHosts"),
        "extra_hosts": raw.get("extraHosts"),
        "long_lived": raw.get("longLived"),
        "oauth": oauth.get("providers"),
        "oauth_scopes": oauth.get("scopes"),
        "tools": tools(raw.get("tools")),
        "categories": [metadata["category"]] if metadata.get("category") else [],
        "tags": metadata.get("tags"),
        "icon": raw.get("icon"),
        "homepage": raw.get("source"),
    }


def tools(value: Any) -> Any:
    """Return tools as mappings; a list of plain names becomes one of named tools."""
    if isinstance(value, list):
        return [{"name": item} if isinstance(item, str) else item for item in value]
    return value


def config_schema(value: Any) -> dict[str, Any]:
    """Return one object schema of the list of named ones."""
    if value is None:
        return {}
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refused("config.schema", "config is not a list of schemas")
    merged: dict[str, Any] = {}
    for item in value:
        schema = {key: part for key, part in item.items() if key != "name"}
        for key, part in schema.items():
            if isinstance(part, dict) and isinstance(merged.get(key), dict):
                merged[key] = {**merged[key], **part}
            elif key == "required" and isinstance(part, list) and isinstance(merged.get(key), list):
                merged[key] = merged[key] + [name for name in part if name not in merged[key]]
            else:
                merged[key] = part
    return merged
