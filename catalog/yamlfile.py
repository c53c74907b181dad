"""Reads YAML that somebody else wrote, one entry at a time.

Security duty: safe tags only; aliases are refused (they make "billion laughs"), so are deep nesting, doubled keys and
oversized entries. What is wrong inside one entry costs that entry only. Pure: text in, values out.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

FILE_MAX_BYTES = 20 * 1024 * 1024
ENTRY_MAX_BYTES = 256 * 1024
DEPTH_MAX = 40  # inside one entry
_FILE_DEPTH_MAX = 200  # the composer below is recursive

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """The safe loader without dates: `2025-01-01` stays text, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


class Unreadable(Exception):
    """The whole file is of no use; `reason_code` says why and `detail` is fit to be shown."""

    def __init__(self, reason_code: str, detail: str) -> None:
        self.reason_code = reason_code
        self.detail = detail
        super().__init__(detail)


@dataclass
class Document:
    """A parsed file: `root` is the top node, nothing is constructed yet."""

    root: Any
    loader: Any
    aliases: list[int]  # where in the text they stand, ascending

    def get(self, key: str) -> Any:
        """Return the node of a top-level key, or None."""
        if isinstance(self.root, yaml.MappingNode):
            for name, value in self.root.value:
                if getattr(name, "value", None) == key:
                    return value
        return None

    def scalar(self, key: str) -> str:
        """Return the text of a top-level scalar, "" where there is none."""
        node = self.get(key)
        return str(node.value) if isinstance(node, yaml.ScalarNode) else ""

    def value(self, node: Any) -> Any:
        """Construct one entry. Raises Unreadable where it must not be."""
        start, end = node.start_mark.index, node.end_mark.index
        if end - start > ENTRY_MAX_BYTES:
            raise Unreadable("entry.too_large", f"larger than {ENTRY_MAX_BYTES // 1024} KB")
        at = bisect_left(self.aliases, start)
        if at < len(self.aliases) and self.aliases[at] < end:
            raise Unreadable("yaml.alias", "YAML aliases are not accepted")
        _check_keys(node, 0)
        try:
            return _plain(self.loader.construct_document(node))
        except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
            raise Unreadable("yaml.invalid", "holds a value that is not plain YAML") from error

    def mapping_items(self, node: Any) -> Iterator[tuple[str, Any]]:
        """Yield (key, node) of a mapping node, doubled keys as they come."""
        for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
            yield str(getattr(key, "value", key)), value

    def sequence_items(self, node: Any) -> list[Any]:
        return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def read(raw: bytes) -> Document:
    """Parse `raw` (UTF-8, at most 20 MB). Raises Unreadable: too large, not text, not YAML, too deep."""
    if len(raw) > FILE_MAX_BYTES:
        raise Unreadable("file.too_large", f"the file is larger than {FILE_MAX_BYTES // 1024 // 1024} MB")
    try:
        text = raw.decode("utf-8-sig")
        aliases = _aliases(text)
        loader = _Loader(text)
        root = loader.get_single_node()
    except UnicodeDecodeError as error:
        raise Unreadable("file.encoding", "the file is not UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise Unreadable("yaml.invalid", f"the file is not valid YAML{where}") from error
    return Document(root, loader, aliases)


def _aliases(text: str) -> list[int]:
    aliases: list[int] = []
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _FILE_DEPTH_MAX:
                raise Unreadable("yaml.depth", "the file is nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent) and event.start_mark is not None:
            aliases.append(event.start_mark.index)
    return aliases


def _check_keys(node: Any, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise Unreadable("yaml.depth", "nested too deeply")
    if isinstance(node, yaml.MappingNode):
        keys = [getattr(key, "value", None) for key, _value in node.value]
        if any(not isinstance(key, str) for key in keys):
            raise Unreadable("yaml.invalid", "a key is not text")
        if len(set(keys)) != len(keys):
            raise Unreadable("yaml.duplicate_key", "a key stands twice")
        for _key, value in node.value:
            _check_keys(value, depth + 1)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item, depth + 1)


def _plain(value: Any) -> Any:
    """Return `value` when it could have been JSON (keys made text). Raises ValueError."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError(type(value).__name__)
