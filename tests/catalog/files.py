"""Small catalogue files for the suite, in each shape."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.locations import Wanted
from catalog.services import Report, source_sync

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = [
    pytest.mark.catalogue_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real catalogue is not at ../shared/data"),
]


def docker(entries: dict[str, Any], name: str = "docker-mcp") -> str:
    """Return a catalogue file of Docker's shape; JSON is YAML."""
    return json.dumps({"name": name, "registry": entries})


def own(entries: list[dict[str, Any]]) -> str:
    return json.dumps({"catalogue": "own", "servers": entries})


def image(reference: str = "mcp/one", **more: Any) -> dict[str, Any]:
    return {"title": "One", "description": "", "type": "server", "image": reference, **more}


def remote(url: str = "https://mcp.example.com/mcp", **more: Any) -> dict[str, Any]:
    return {"title": "Far", "type": "remote", "remote": {"url": url, "transport_type": "streamable-http"}, **more}


def sync(folder: Path, name: str, text: str, **options: Any) -> Report:
    """Write `text` as the file of the source `name` and read it."""
    file = folder / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    return source_sync(source=Wanted(name, str(file)), **options)
