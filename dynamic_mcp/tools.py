"""A server's tools as rows keep them: foreign text, cut to what can be called, stored and shown. Pure.

Security duty: a tool whose name holds control characters or is longer than an execution can hold is left out, one
name is kept once, and NUL, which PostgreSQL does not store, is replaced (attack cases 16, 17).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

NAME_MAX_CHARS = 200
DESCRIPTION_MAX_CHARS = 20_000
_NAME = re.compile(rf"[^\x00-\x1f\x7f-\x9f]{{1,{NAME_MAX_CHARS}}}")


def tools_kept(tools: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return `{name, description, input_schema, annotations}` of each MCP tool object that can be called."""
    kept: dict[str, dict[str, Any]] = {}
    for tool in tools:
        name = tool.get("name")
        if isinstance(name, str) and _NAME.fullmatch(name) and name not in kept:
            schema, annotations = tool.get("inputSchema"), tool.get("annotations")
            kept[name] = {
                "name": name,
                "description": _clean(str(tool.get("description") or ""))[:DESCRIPTION_MAX_CHARS],
                "input_schema": _clean(schema) if isinstance(schema, dict) else {"type": "object"},
                "annotations": _clean(annotations) if isinstance(annotations, dict) else {},
            }
    return list(kept.values())


def _clean(value: Any) -> Any:
    """Return a JSON value without NUL in any text; the gateway has bounded its depth."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value
