"""What a tool's answer becomes: output for people, content as it came, an exit code. Pure.

The codes are those of a shell (124 to 127, 130, 137); a call that was accepted always has one.
Source: MCP 2025-11-25, tools: `content`, `structuredContent`, `isError`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from foundation.redaction import Mask

DONE, TOOL_ERROR, BAD_ARGUMENTS = 0, 1, 2
TIMED_OUT, UNAVAILABLE, REFUSED, NO_SUCH_TOOL, CANCELLED, LOST = 124, 125, 126, 127, 130, 137

MANAGEMENT_TOOLS = frozenset(
    {"mcp-find", "mcp-add", "mcp-remove", "mcp-config-set", "mcp-exec", "code-mode", "mcp-create-profile"}
)


@dataclass(frozen=True)
class Result:
    """One run's outcome. `output_bytes` is the size before anything was cut off."""

    exit_code: int
    state: str = "finished"
    output: str = ""
    content: list[Any] = field(default_factory=list)
    structured_content: Any = None
    reason_code: str = ""
    output_truncated: bool = False
    output_bytes: int = 0

    def to_bytes(self) -> bytes:
        """Return output and content as they are sealed."""
        data = {"output": self.output, "content": self.content, "structured_content": self.structured_content}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def failure(exit_code: int, reason_code: str, output: str, *, state: str = "finished") -> Result:
    """Return the outcome of a run that has no answer of a tool."""
    return Result(exit_code, state, output, reason_code=reason_code, output_bytes=len(output.encode()))


def from_tool(tool: str, answer: Mapping[str, Any], *, max_bytes: int) -> Result:
    """Return the outcome of a `tools/call` answer, cut to `max_bytes` of output and of content.

    A management tool of Docker's gateway reports failures as a text `Error: …` without `isError`: that is 1 too.
    """
    content = answer.get("content")
    blocks: list[Any] = content if isinstance(content, list) else []
    text = "\n".join(_texts(blocks))
    failed = answer.get("isError") is True or (tool in MANAGEMENT_TOOLS and text.startswith("Error:"))
    raw = text.encode("utf-8", "replace")
    structured = answer.get("structuredContent")
    size = max(len(raw), _size(blocks) if _has_other(blocks) else 0) + (_size(structured) if structured else 0)
    truncated = size > max_bytes
    if truncated:
        text = raw[:max_bytes].decode("utf-8", "ignore")
        blocks = _cut(blocks, max_bytes)
        structured = structured if structured is not None and _size(structured) <= max_bytes else None
    return Result(
        TOOL_ERROR if failed else DONE,
        output=text,
        content=blocks,
        structured_content=structured,
        reason_code="exec.tool.error" if failed else "",
        output_truncated=truncated,
        output_bytes=size,
    )


def masked(value: Any, secrets: Mapping[str, str]) -> Any:
    """Return a JSON value with each text's secrets (8 characters or more) as `[secret NAME]`, keys too."""
    return Mask(secrets).value(value)


def _texts(blocks: list[Any]) -> list[str]:
    return [
        block["text"]
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str)
    ]


def _has_other(blocks: list[Any]) -> bool:
    return any(not isinstance(block, dict) or block.get("type") != "text" for block in blocks)


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def _cut(blocks: list[Any], max_bytes: int) -> list[Any]:
    """Return the leading blocks that fit; the text block at the edge is cut, others are left out whole."""
    kept: list[Any] = []
    left = max_bytes
    for block in blocks:
        size = _size(block)
        if size <= left:
            kept.append(block)
            left -= size
        elif isinstance(block, dict) and block.get("type") == "text" and left > 0:
            text = str(block.get("text", "")).encode("utf-8", "replace")[:left].decode("utf-8", "ignore")
            kept.append({**block, "text": text})
            break
        else:
            break
    return kept
