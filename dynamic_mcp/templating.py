"""Fills `{{server.key}}` of a catalogue entry with configuration values. Pure.

Security duty: a value is put in once and never read again as a template, a list becomes separate arguments only where
the entry says `|into`, and a key without a value is reported, so that a literal template never reaches a command.
The filters are those of Docker's published catalogue: `into`, `volume`, `volume-target` and `or:JSON`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_TEMPLATE = re.compile(r"\{\{\s*([^{}|]+?)\s*((?:\|[^{}|]+)*)\}\}")
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")
ABSENT = object()


@dataclass(frozen=True)
class Values:
    """The configuration of one server. `prefixes` are the names under which its templates may speak of it."""

    config: Mapping[str, Any]
    prefixes: Sequence[str] = ()

    def path_of(self, key: str) -> str:
        """Return the dotted path within the configuration that a template's key means."""
        for prefix in sorted(self.prefixes, key=len, reverse=True):
            if key.startswith(prefix + "."):
                return key[len(prefix) + 1 :]
        return key.partition(".")[2] or key

    def find(self, key: str) -> Any:
        """Return the value of a template's key, or ABSENT (a null counts as absent)."""
        found: Any = self.config
        for part in self.path_of(key).split("."):
            if not isinstance(found, Mapping) or part not in found:
                return ABSENT
            found = found[part]
        return ABSENT if found is None else found


def fill(template: str, values: Values) -> str | None:
    """Return `template` with its values, lists joined by commas; None when a key has no value."""
    parts = fill_all(template, values)
    return None if parts is None else ",".join(parts)


def fill_all(template: str, values: Values) -> list[str] | None:
    """Return what one template becomes: several texts where `|into` spreads a list. None when a key has no value."""
    texts = [""]
    at = 0
    for match in _TEMPLATE.finditer(template):
        value, spread = _evaluate(match, values)
        if value is ABSENT:
            return None
        literal = template[at : match.start()]
        choices = [as_text(item) for item in value] if spread and isinstance(value, list) else [as_text(value)]
        texts = [text + literal + choice for text in texts for choice in choices]
        at = match.end()
    return [text + template[at:] for text in texts]


def missing_paths(templates: Sequence[str], values: Values) -> list[str]:
    """Return the configuration paths that `templates` use and that have no value, each once, in order."""
    paths: list[str] = []
    for template in templates:
        for match in _TEMPLATE.finditer(template):
            path = values.path_of(match.group(1))
            if _evaluate(match, values)[0] is ABSENT and path not in paths:
                paths.append(path)
    return paths


def begins_with_value(template: str) -> bool:
    """Whether the text that `template` becomes begins with a configuration value."""
    return _TEMPLATE.match(template) is not None


def fill_secrets(text: str, secrets: Mapping[str, str]) -> str | None:
    """Return `text` with `${ENV}` and `$ENV` as the secret of that variable; None when one has no value."""
    if any((match.group(1) or match.group(2)) not in secrets for match in _SECRET.finditer(text)):
        return None
    return _SECRET.sub(lambda match: secrets[match.group(1) or match.group(2)], text)


def as_text(value: Any) -> str:
    """Return a configuration value as an argument or variable spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(as_text(item) for item in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def _evaluate(match: re.Match[str], values: Values) -> tuple[Any, bool]:
    """Return the value after its filters (or ABSENT), and whether a list of it is spread."""
    value, spread = values.find(match.group(1)), False
    for name in (part.strip() for part in match.group(2).split("|")[1:]):
        if name == "into":
            spread = True
        elif name.startswith("or:") and value is ABSENT:
            value = _literal(name[3:])
        elif name in ("volume", "volume-target") and value is not ABSENT:
            single = _volume if name == "volume" else _volume_target
            value = [single(as_text(item)) for item in value] if isinstance(value, list) else single(as_text(value))
    return value, spread


def _volume(path: str) -> str:
    return path if ":" in path else f"{path}:{path}"


def _volume_target(path: str) -> str:
    return path.split(":")[1] if ":" in path else path


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
