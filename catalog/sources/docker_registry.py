"""The folder of the public repository docker/mcp-registry: one `server.yaml` a server.

What its publishing leaves out of Docker's catalogue is left out here too, so that both shapes give the same entries:
`run.env`, ports, build details, and `config` without `parameters`. The one thing more that is read is a secret's
`required`, which the published catalogue does not carry.
"""

from typing import Any

from catalog.sources import Parsed
from catalog.sources.common import collect, kind_of, mapping
from catalog.sources.docker_catalog import tools
from catalog.yamlfile import Document

SHAPE = "docker_registry"


def parse(document: Document, file_name: str) -> Parsed:
    """Return the one entry of a `server.yaml`; `file_name` names it in a report where it names itself badly."""
    return collect(document, [(document.scalar("name") or file_name, document.root)], entry)


def entry(name: str, value: Any) -> dict[str, Any]:
    """Return the fields of one entry as written, not yet checked. Raises Refused."""
    raw = mapping(value, "the file")
    about, meta, source = (mapping(raw.get(key), key) for key in ("about", "meta", "source"))
    run, config, remote = (mapping(raw.get(key), key) for key in ("run", "config", "remote"))
    return {
        "name": name,
        "source_name": name,
        "title": about.get("title"),
        "description": about.get("description"),
        "kind": kind_of(raw.get("type")),
        "image": raw.get("image"),
        "remote_url": remote.get("url"),
        "transport": remote.get("transport_type"),
        "headers": remote.get("headers"),
        "command": run.get("command"),
        "env": config.get("env"),
        "secrets": config.get("secrets"),
        "config_schema": _schema(config),
        "volumes": run.get("volumes"),
        "run_user": run.get("user"),
        "disable_network": run.get("disableNetwork"),
        "allow_hosts": run.get("allowHosts"),
        "extra_hosts": run.get("extraHosts"),
        "long_lived": raw.get("longLived"),
        "oauth": raw.get("oauth"),
        "tools": tools(raw.get("tools")),
        "categories": [meta["category"]] if meta.get("category") else [],
        "tags": meta.get("tags"),
        "icon": about.get("icon"),
        "homepage": source.get("project"),
    }


def _schema(config: dict[str, Any]) -> dict[str, Any]:
    parameters = mapping(config.get("parameters"), "parameters")
    if not parameters:
        return {}
    return {"description": config["description"], **parameters} if config.get("description") else parameters
