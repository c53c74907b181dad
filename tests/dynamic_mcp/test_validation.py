"""Values against schemas that others wrote."""

import time

import pytest

from dynamic_mcp.refusals import check_mount
from dynamic_mcp.states import EXECUTION_MOVES, SERVER_MOVES, SESSION_MOVES, before
from dynamic_mcp.validation import SchemaUnusable, findings, required_paths, with_defaults


def test_it_names_the_path_and_never_the_value() -> None:
    schema = {"properties": {"a": {"properties": {"b": {"type": "integer"}}}}, "required": ["c"]}
    found = {item["path"]: item["message"] for item in findings(schema, {"a": {"b": "canary"}})}
    assert set(found) == {"a.b", "c"}
    assert "canary" not in str(found)


def test_formats_are_asserted() -> None:
    schema = {"properties": {"u": {"format": "uri"}, "t": {"format": "date-time"}}}
    assert {item["path"] for item in findings(schema, {"u": "no uri", "t": "today"})} == {"u", "t"}


def test_it_refuses_a_pattern_made_to_hang_the_process_in_no_time() -> None:
    started = time.monotonic()
    assert findings({"properties": {"x": {"pattern": "^(a+)+$"}}}, {"x": "a" * 40 + "!"})
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("schema", [{"$ref": "http://127.0.0.1:1/x"}, {"type": "nonsense"}, {"$ref": "#/$defs/none"}])
def test_it_refuses_a_schema_that_is_broken_or_leads_elsewhere(schema: dict[str, str]) -> None:
    with pytest.raises(SchemaUnusable):
        findings(schema, {})


def test_defaults_are_filled_in_and_what_is_required_without_one_is_missing() -> None:
    inner = {"type": "object", "properties": {"host": {}, "port": {"default": 1}}, "required": ["host", "port"]}
    schema = {"properties": {"server": inner, "name": {}}, "required": ["server", "name"]}
    value = with_defaults(schema, {})
    assert value == {"server": {"port": 1}}
    assert required_paths(schema, value) == ["name", "server.host"]


def test_nothing_leaves_the_end_of_a_table() -> None:
    for moves, last in ((SESSION_MOVES, "ended"), (SERVER_MOVES, "removed"), (EXECUTION_MOVES, "finished")):
        assert not moves[last]
        assert set().union(*moves.values()) <= set(moves)
        assert last not in before(moves, last)


def test_a_named_volume_and_an_allowed_folder_may_be_mounted_read_only_unless_said() -> None:
    assert check_mount("memory:/data", []) == "memory:/data:rw"
    assert check_mount("/usr:/data", ["/usr"]) == "/usr:/data:ro"
    assert check_mount("/usr:/data:ro", ["/usr:rw"]) == "/usr:/data:ro"
