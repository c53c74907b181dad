"""MCP content blocks to what a page shows: text, Markdown, JSON, image, sound, link. Pure.

Security duty: a block is foreign. Only images of four raster kinds whose first bytes say the same become `data:`
addresses (never SVG); nothing is fetched; a link is a link only for http and https; all text is escaped by the
template or by the modules beside this one. Each block shows at most 200,000 characters.
Source: MCP 2025-11-25, server/tools, "Tool Result".
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dynamic_mcp.rendering.json_html import json_html
from dynamic_mcp.rendering.markdown import looks_like_markdown, markdown_html

MAX_CHARS = 200_000
MAX_BLOCKS = 200
MAX_MEDIA_BYTES = 4 * 1024 * 1024
_NOTHING = SafeString("")
_IMAGES = {"image/png": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8", "image/webp": b"RIFF"}
_SOUNDS = {"audio/wav", "audio/x-wav", "audio/mpeg", "audio/mp3", "audio/ogg", "audio/webm", "audio/mp4", "audio/flac"}


@dataclass(frozen=True)
class Block:
    """One thing to show. `kind` is text, markdown, json, image, audio, link or note.

    `text` is the plain form, for copying and for the raw view; `html` the safe rich form; `src` a `data:` address.
    """

    kind: str
    text: str = ""
    html: SafeString = _NOTHING
    src: str = ""
    title: str = ""
    href: str = ""
    media_type: str = ""
    cut: int = 0


def blocks_of(content: Any, structured: Any = None, *, output: str = "") -> list[Block]:
    """Return the blocks of a tool's answer; `output` is shown where it has no blocks.

    Structured content comes last, and not at all where a text block already says the same.
    """
    given = content if isinstance(content, list) else []
    blocks = [block for item in given[:MAX_BLOCKS] for block in _block(item)]
    if len(given) > MAX_BLOCKS:
        blocks.append(Block("note", _("%(count)s further parts are not shown.") % {"count": len(given) - MAX_BLOCKS}))
    if not blocks and output:
        blocks.append(text_block(output))
    if structured is not None and not any(_says(block, structured) for block in blocks):
        shown = _json_block(structured, json.dumps(structured, ensure_ascii=False, indent=2))
        blocks.append(Block(shown.kind, shown.text, shown.html, title=_("Structured content"), cut=shown.cut))
    return blocks


def text_block(text: str, media_type: str = "") -> Block:
    """Return a text as JSON where it is an object or a list, as Markdown where it looks like it, else as it is."""
    if text.lstrip()[:1] in ("{", "[") or media_type == "application/json":
        parsed = _parsed(text)
        if isinstance(parsed, dict | list):
            return _json_block(parsed, text)
    cut = max(len(text) - MAX_CHARS, 0)
    if not cut and (media_type == "text/markdown" or looks_like_markdown(text)):
        return Block("markdown", text, markdown_html(text))
    return Block("text", text[:MAX_CHARS], cut=cut)


def _json_block(value: Any, text: str) -> Block:
    return Block("json", text[:MAX_CHARS], json_html(value), cut=max(len(text) - MAX_CHARS, 0))


def _block(item: Any) -> list[Block]:
    if not isinstance(item, dict):
        return [_unknown(item)]
    kind = item.get("type")
    if kind == "text" and isinstance(item.get("text"), str):
        return [text_block(item["text"])] if item["text"] else []
    if kind in ("image", "audio"):
        return [_media(item.get("data"), str(item.get("mimeType", "")), kind)]
    if kind == "resource_link":
        return [_link(item)]
    if kind == "resource" and isinstance(item.get("resource"), dict):
        return [_resource(item["resource"])]
    return [_unknown(item)]


def _media(data: Any, media_type: str, kind: str, title: str = "") -> Block:
    media_type = media_type.lower().partition(";")[0].strip()
    try:
        raw = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        raw = b""
    size = len(raw)
    known = raw.startswith(_IMAGES[media_type]) if media_type in _IMAGES else media_type in _SOUNDS
    if not raw or not known or size > MAX_MEDIA_BYTES:
        words = _("A file of the kind %(kind)s, %(bytes)s bytes, is not shown here.")
        return Block("note", words % {"kind": media_type[:80] or kind, "bytes": size}, title=title)
    src = f"data:{media_type};base64,{base64.b64encode(raw).decode()}"
    return Block("image" if media_type in _IMAGES else "audio", src=src, title=title, media_type=media_type)


def _link(item: dict[str, Any]) -> Block:
    uri = str(item.get("uri", ""))[:2000]
    title = str(item.get("title") or item.get("name") or uri)[:200]
    return Block("link", str(item.get("description") or "")[:1000], title=title, href=_web(uri), src=uri)


def _resource(resource: dict[str, Any]) -> Block:
    uri = str(resource.get("uri", ""))[:2000]
    media_type = str(resource.get("mimeType", ""))
    if isinstance(resource.get("text"), str):
        shown = text_block(resource["text"], media_type)
        return Block(shown.kind, shown.text, shown.html, title=uri, media_type=media_type, cut=shown.cut)
    return _media(resource.get("blob"), media_type, _("resource"), title=uri)


def _unknown(item: Any) -> Block:
    return _json_block(item, json.dumps(item, ensure_ascii=False, indent=2))


def _web(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    return uri if parts.scheme in ("http", "https") and parts.hostname else ""


def _says(block: Block, structured: Any) -> bool:
    """Whether a block already shows the structured content; a lone `result` is shown by its text."""
    if block.kind == "json" and not block.cut:
        return bool(_parsed(block.text) == structured)
    alone = structured.get("result") if isinstance(structured, dict) and len(structured) == 1 else None
    return isinstance(alone, str) and alone == block.text


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
