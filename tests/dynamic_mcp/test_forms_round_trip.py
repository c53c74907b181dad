"""Value to form to value is the identity, for schemas and values of every shape."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamic_mcp.schema_forms import SchemaForm
from dynamic_mcp.schema_forms.build import MAX_DEPTH, build
from dynamic_mcp.schema_forms.nodes import Kind, Node

WORDS = ["type", "properties", "items", "anyOf", "enum", "$ref", "allOf", "required", "default"]
CATALOGUE = Path(__file__).parents[2] / ".." / "shared" / "data" / "docker-catalog.yaml"

keys = st.text("abcXYZ.@~ _日本-[]", min_size=1, max_size=6)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)
scalars = st.sampled_from(
    [
        ({"type": "string"}, texts),
        ({"type": "string", "format": "date-time"}, st.just("2026-01-31T09:00:00Z")),
        ({"type": "string", "maxLength": 900}, texts),
        ({"type": ["string", "null"]}, st.none() | texts),
        ({"type": "integer"}, st.integers(-(10**18), 10**18)),
        ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False)),
        ({"type": "boolean"}, st.booleans()),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, st.none() | st.booleans()),
        ({"enum": ["a", "", 1, True, None]}, st.sampled_from(["a", "", 1, True, None])),
        ({"oneOf": [{"const": 1, "title": "One"}, {"const": "2"}]}, st.sampled_from([1, "2"])),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, texts | st.integers(-99, 99)),
        ({}, st.recursive(st.none() | st.booleans() | texts, lambda inner: st.lists(inner, max_size=3), max_leaves=4)),
    ]
)
Pair = tuple[dict[str, Any], st.SearchStrategy[Any]]


def _list_of(pair: Pair) -> Pair:
    return {"type": "array", "items": pair[0]}, st.lists(pair[1], max_size=4)


def _map_of(pair: Pair) -> Pair:
    return {"type": "object", "additionalProperties": pair[0]}, st.dictionaries(keys, pair[1], max_size=3)


def _object_of(parts: dict[str, Pair]) -> Pair:
    needed = sorted(parts)[:1]
    schema = {"type": "object", "properties": {key: part[0] for key, part in parts.items()}, "required": needed}
    return schema, st.fixed_dictionaries(
        {key: parts[key][1] for key in needed},
        optional={key: part[1] for key, part in parts.items() if key not in needed},
    )


objects = st.recursive(
    scalars,
    lambda inner: (
        inner.map(_list_of) | inner.map(_map_of) | st.dictionaries(keys, inner, min_size=1, max_size=4).map(_object_of)
    ),
    max_leaves=8,
)
roots = st.dictionaries(keys, objects, min_size=1, max_size=4).map(_object_of)


def posted_again(form: SchemaForm) -> Any:
    """What arrives when a person sends the form as it is."""
    if form.view == "json":
        return SchemaForm.of_post(form.schema, {"args@view": "json", "args@json": form.text}, name="args").value
    return SchemaForm.of_post(form.schema, form.data, name="args").value


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), roots)
def test_a_value_shown_and_sent_again_is_the_same_value(data: st.DataObject, root: Pair) -> None:
    schema, values = root
    value = data.draw(values)
    again = posted_again(SchemaForm.of_value(schema, value, name="args"))
    assert json.dumps(again, sort_keys=True) == json.dumps(value, sort_keys=True)


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(WORDS) | keys,
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_schema_however_wrong_makes_the_form_fail(schema: Any) -> None:
    form = SchemaForm.of_value(schema, name="args")
    form.valid()
    assert form.field.name == "args"


def test_a_schema_that_contains_itself_ends_in_a_json_field() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "name": {"type": "string"}}}
    schema = {"$ref": "#/$defs/node", "$defs": {"node": node}}
    assert Kind.RAW in {one.kind for one in _all(build(schema))}
    value = {"name": "a", "next": {"name": "b", "next": {"name": "c", "next": {"name": "d"}}}}
    assert posted_again(SchemaForm.of_value(schema, value, name="args")) == value


def test_a_schema_without_end_is_cut_at_eight_levels_and_two_hundred_fields() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _level in range(40):
        deep = {"type": "object", "properties": {"a": deep}}
    wide = {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(400)}}
    assert _depth(build(deep)) <= MAX_DEPTH + 2
    kinds = [one.kind for one in _all(build(wide))]
    assert kinds.count(Kind.TEXT) == 199
    assert kinds.count(Kind.RAW) == 201


def _all(node: Node) -> list[Node]:
    below = [*node.properties, *node.variants, *([node.item] if node.item else [])]
    return [node, *(found for one in below for found in _all(one))]


def _depth(node: Node) -> int:
    return 1 + max((_depth(one) for one in node.properties), default=0)


@pytest.mark.catalogue_data
def test_every_configuration_schema_of_the_catalogue_makes_a_form_and_gives_its_values_back() -> None:
    if not CATALOGUE.exists():
        pytest.skip("the real catalogue is not beside this folder")
    registry = yaml.safe_load(CATALOGUE.read_text())["registry"]
    schemas = [config for entry in registry.values() for config in entry.get("config") or []]
    assert len(schemas) == 144
    for schema in schemas:
        form = SchemaForm.of_value(schema, name="config")
        assert form.view == "form", schema
        assert form.field.children, schema
        value = _sample(form.node)
        assert posted_again(SchemaForm.of_value(schema, value, name="args")) == value


def _sample(node: Node) -> Any:
    """A value with something in every place."""
    samples: dict[str, Any] = {Kind.INTEGER: 7, Kind.NUMBER: 1.5, Kind.BOOLEAN: False, Kind.RAW: {"a": [1]}}
    if node.kind == Kind.OBJECT:
        return {part.key: _sample(part) for part in node.properties}
    if node.kind == Kind.LIST and node.item:
        return [_sample(node.item)] * 2
    if node.kind == Kind.MAP and node.item:
        return {"some": _sample(node.item)}
    if node.kind == Kind.VARIANTS:
        return _sample(node.variants[-1])
    return node.choices[-1].value if node.choices else samples.get(node.kind, "値 text")
