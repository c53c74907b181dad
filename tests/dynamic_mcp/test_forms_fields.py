"""Which inputs a schema gives, what they read, and where errors land."""

from typing import Any

import pytest

from dynamic_mcp.schema_forms import SchemaForm
from dynamic_mcp.schema_forms.build import build
from dynamic_mcp.schema_forms.nodes import Kind
from dynamic_mcp.schema_forms.rows import rows_changed


def schema_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "kind", "input_type"),
    [
        ({"type": "string"}, Kind.TEXT, "text"),
        ({"type": "string", "format": "email"}, Kind.TEXT, "email"),
        ({"type": "string", "format": "uri"}, Kind.TEXT, "url"),
        ({"type": "string", "format": "date"}, Kind.TEXT, "date"),
        ({"type": "string", "format": "date-time"}, Kind.TEXT, "datetime-local"),
        ({"type": "string", "format": "password"}, Kind.PASSWORD, "password"),
        ({"type": "string", "maxLength": 5000}, Kind.LINES, "text"),
        ({"type": "integer"}, Kind.INTEGER, "number"),
        ({"type": "number"}, Kind.NUMBER, "number"),
        ({"type": "boolean"}, Kind.BOOLEAN, "text"),
        ({"enum": ["a", 1]}, Kind.CHOICE, "text"),
        ({"const": 1}, Kind.CHOICE, "text"),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, Kind.CHOICE, "text"),
        ({"type": "array", "items": {"type": "string"}}, Kind.LIST, "text"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, Kind.MAP, "text"),
        ({"type": "object", "properties": {"b": {"type": "string"}}}, Kind.OBJECT, "text"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, Kind.VARIANTS, "text"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, Kind.TEXT, "text"),
        ({"type": "object"}, Kind.RAW, "text"),
        ({"$ref": "https://evil.example/schema.json"}, Kind.RAW, "text"),
        (True, Kind.RAW, "text"),
    ],
)
def test_each_kind_of_schema_gets_its_input(schema: Any, kind: str, input_type: str) -> None:
    (node,) = build(schema_of(a=schema)).properties
    assert (node.kind, node.input_type) == (kind, input_type)


def test_bounds_and_simple_patterns_become_attributes() -> None:
    nodes = build(
        schema_of(
            n={"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
            s={"type": "string", "minLength": 1, "pattern": "^[A-Z]{3}$"},
            wild={"type": "string", "pattern": "^(a+)+$"},
        )
    ).properties
    assert nodes[0].attrs == {"step": "1", "min": "1", "max": "9"}
    assert nodes[1].attrs == {"minlength": "1", "pattern": "[A-Z]{3}"}
    assert nodes[2].attrs == {}


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, " 12 ", 12),
        ({"type": "integer"}, "3.0", 3),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "boolean"}, "false", False),
        ({"enum": [1, "1"]}, '"1"', "1"),
        ({}, '{"b": [null]}', {"b": [None]}),
        ({"type": "string", "format": "date-time"}, "2026-01-31T09:00", "2026-01-31T09:00:00Z"),
        ({"type": "string"}, "a\r\nb", "a\nb"),
    ],
)
def test_texts_become_what_the_schema_wants(schema: Any, text: str, value: Any) -> None:
    form = SchemaForm.of_post(schema_of(a=schema), {"x.a": text}, name="x")
    assert form.valid()
    assert form.value == {"a": value}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer"}, "1.5"),
        ({"type": "integer"}, "twelve"),
        ({"type": "number"}, "NaN"),
        ({"type": "number"}, "1e999"),
        ({"type": "boolean"}, "perhaps"),
        ({"enum": ["a"]}, '"b"'),
        ({}, "{broken"),
        ({}, "[" * 100_000),
        ({"type": "string", "maxLength": 2}, "abc"),
        ({"type": "string", "format": "email"}, "nobody"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_with_the_text_kept(schema: Any, text: str) -> None:
    form = SchemaForm.of_post(schema_of(a=schema), {"x.a": text}, name="x")
    assert not form.valid()
    (field,) = form.field.children
    assert field.errors
    assert field.value == text


def test_empty_optional_inputs_are_left_out_and_a_needed_one_is_named() -> None:
    schema = {**schema_of(a={"type": "string"}, b={"type": "string"}), "required": ["b"]}
    form = SchemaForm.of_post(schema, {"x.a": "", "x.b": ""}, name="x")
    assert form.value == {}
    assert not form.valid()
    assert [child.errors != [] for child in form.field.children] == [False, True]


def test_an_error_in_a_list_lands_in_its_own_row_though_empty_rows_are_skipped() -> None:
    schema = schema_of(a={"type": "array", "items": {"type": "string", "maxLength": 1}})
    post = {"x.a@rows": "3", "x.a.0": "", "x.a.1": "a", "x.a.2": "long"}
    form = SchemaForm.of_post(schema, post, name="x")
    assert form.value == {"a": ["a", "long"]}
    assert not form.valid()
    assert [bool(row.field.errors) for row in form.field.children[0].rows] == [False, False, True]


def test_a_services_error_is_placed_however_its_path_is_spelled() -> None:
    schema = schema_of(a={"type": "object", "properties": {"b": {"type": "string"}}})
    for path in ("a.b", "/a/b", "$.a['b']", "a.b.0"):
        form = SchemaForm.of_post(schema, {"x.a.b": "v"}, name="x")
        form.refuse([{"path": path, "message": "no"}])
        assert form.field.children[0].children[0].errors == ["no"], path


def test_rows_are_added_and_removed_without_losing_what_was_typed() -> None:
    post = {"x.a@rows": "3", "x.a.0": "p", "x.a.1.n": "q", "x.a.2": "r", "other": "1"}
    added = rows_changed({**post, "row": "add x.a"})
    assert added == {**post, "x.a@rows": "4"}
    removed = rows_changed({**post, "row": "remove x.a.1"})
    assert removed == {"x.a@rows": "2", "x.a.0": "p", "x.a.1": "r", "other": "1"}
    assert rows_changed(post) is None


def test_it_refuses_a_form_that_claims_rows_without_end() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _level in range(4):
        deep = {"type": "array", "items": deep}
    post = {"x.a@rows": "9999"}
    for i in range(100):
        post[f"x.a.{i}@rows"] = "9999"
    form = SchemaForm.of_post(schema_of(a=deep), post, name="x")
    assert not form.valid()
    assert form.value == {}


def test_the_json_view_reads_the_whole_value_and_says_what_is_wrong() -> None:
    schema = schema_of(a={"type": "integer"})
    good = SchemaForm.of_post(schema, {"x@view": "json", "x@json": '{"a": 1}'}, name="x")
    assert good.valid()
    assert good.value == {"a": 1}
    for text in ("{", '{"a": "b"}', "[1]"):
        assert not SchemaForm.of_post(schema, {"x@view": "json", "x@json": text}, name="x").valid()


def test_defaults_are_there_at_first_and_a_null_default_is_left_out() -> None:
    schema = schema_of(
        a={"type": "integer", "default": 3}, b={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    )
    assert SchemaForm.of_value(schema, name="x").data == {"x.a": "3"}


def test_a_pattern_that_backtracks_without_end_does_not_hold_the_page() -> None:
    form = SchemaForm.of_post(schema_of(a={"type": "string", "pattern": "^(a+)+$"}), {"x.a": "a" * 40 + "!"}, name="x")
    assert not form.valid()
