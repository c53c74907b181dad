"""JSON values against JSON schemas that others wrote: configurations and tool arguments. Pure.

Security duty: schemas come from catalogues and from servers. No reference leaves the schema (a retriever that refuses
all), and patterns run in an engine with a backtracking limit: `^(a+)+$` against forty letters, which holds Python's
`re` (and with it the whole process) for hours, ends in a millisecond. Messages never repeat the value.
Source: JSON Schema 2020-12, or the draft that the schema names; formats are asserted.
"""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _

Finding = dict[str, str]  # {"path": dotted, "message": a sentence}
MAX_FINDINGS = 50


class SchemaUnusable(ValueError):
    """The schema itself is broken or refers elsewhere: nothing can be checked against it."""


def _refuse(uri: str) -> Any:
    raise ValueError("references outside the schema are not followed")


def findings(schema: Mapping[str, Any], value: Any) -> list[Finding]:
    """Return what does not fit, at most MAX_FINDINGS, as `{path, message}`. Raises SchemaUnusable."""
    try:
        validator = jsonschema_rs.validator_for(dict(schema), validate_formats=True, retriever=_refuse)
    except ValueError as error:
        raise SchemaUnusable from error
    found: list[Finding] = []
    for fault in validator.iter_errors(value):
        found.append(_finding(fault))
        if len(found) >= MAX_FINDINGS:
            break
    return found


def with_defaults(schema: Mapping[str, Any], value: Any) -> Any:
    """Return `value` with the schema's defaults where a property is absent, nested objects too."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not isinstance(value, Mapping):
        return value
    filled = dict(value)
    for name, sub in properties.items():
        if not isinstance(sub, Mapping):
            continue
        if name not in filled and "default" in sub:
            filled[name] = sub["default"]
        elif isinstance(sub.get("properties"), Mapping):
            nested = with_defaults(sub, filled.get(name, {}))
            if nested or name in filled:
                filled[name] = nested
    return filled


def required_paths(schema: Mapping[str, Any], value: Any, prefix: str = "") -> list[str]:
    """Return the dotted paths that `schema` requires and `value` (with defaults filled in) does not have."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    held = value if isinstance(value, Mapping) else {}
    required = schema.get("required")
    required = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    paths: list[str] = []
    for name in required:
        sub = properties.get(name)
        nested = isinstance(sub, Mapping) and isinstance(sub.get("required"), list) and sub["required"]
        if name not in held and not nested:
            paths.append(prefix + name)
    for name, sub in properties.items():
        if isinstance(sub, Mapping) and (name in required or name in held):
            paths += required_paths(sub, held.get(name), f"{prefix}{name}.")
    return paths


def _finding(error: jsonschema_rs.ValidationError) -> Finding:
    kind: Any = error.kind
    path = [str(part) for part in error.instance_path]
    if kind.name == "required":
        path.append(str(kind.property))
    elif kind.name in ("additionalProperties", "unevaluatedProperties") and isinstance(kind.value, list):
        path.append(", ".join(str(name) for name in kind.value))
    return {"path": ".".join(path), "message": _message(kind)}


def _message(kind: Any) -> str:
    """Return the sentence for one kind of finding, without the value."""
    value = kind.value
    match kind.name:
        case "required":
            return _("This value is required.")
        case "type":
            types = value if isinstance(value, list) else [value]
            return _("This must be of the type %(types)s.") % {"types": ", ".join(types)}
        case "enum":
            return _("This must be one of: %(options)s.") % {"options": ", ".join(str(item) for item in value)}
        case "const":
            return _("This must be %(value)s.") % {"value": value}
        case "minimum" | "exclusiveMinimum":
            return _("This must not be below %(limit)s.") % {"limit": value}
        case "maximum" | "exclusiveMaximum":
            return _("This must not be above %(limit)s.") % {"limit": value}
        case "minLength" | "minItems" | "minProperties":
            return _("This must have a length of at least %(limit)s.") % {"limit": value}
        case "maxLength" | "maxItems" | "maxProperties":
            return _("This must have a length of at most %(limit)s.") % {"limit": value}
        case "pattern":
            return _("This must match the pattern %(pattern)s.") % {"pattern": value}
        case "format":
            return _("This must be in the format %(format)s.") % {"format": value}
        case "additionalProperties" | "falseSchema" | "unevaluatedProperties":
            return _("This is not a value that the schema knows.")
        case _:
            return _("This does not fit the schema (%(keyword)s).") % {"keyword": kind.name}
