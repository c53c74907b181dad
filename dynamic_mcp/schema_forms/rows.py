"""Adding and removing rows of a list without JavaScript: a submit button named `row` says what to do. Pure."""

import re
from collections.abc import Mapping

from dynamic_mcp.schema_forms.names import MAX_ROWS

BUTTON = "row"


def rows_changed(data: Mapping[str, str]) -> dict[str, str] | None:
    """Return what was posted with a row more or less, or None when no row button was pressed."""
    act, _space, target = data.get(BUTTON, "").partition(" ")
    if act == "add":
        count = _rows(data, target)
        return {**_without_button(data), f"{target}@rows": str(min(count + 1, MAX_ROWS))}
    if act == "remove":
        name, _dot, index = target.rpartition(".")
        return _removed(_without_button(data), name, int(index)) if re.fullmatch("[0-9]{1,4}", index) else None
    return None


def _removed(data: dict[str, str], name: str, gone: int) -> dict[str, str]:
    kept: dict[str, str] = {}
    row = re.compile(re.escape(name) + r"\.(\d+)(.*)", re.DOTALL)
    for key, value in data.items():
        match = row.fullmatch(key)
        if match is None or int(match[1]) < gone:
            kept[key] = value
        elif int(match[1]) > gone:
            kept[f"{name}.{int(match[1]) - 1}{match[2]}"] = value
    kept[f"{name}@rows"] = str(max(_rows(data, name) - 1, 0))
    return kept


def _rows(data: Mapping[str, str], name: str) -> int:
    text = data.get(f"{name}@rows", "0")
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else 0


def _without_button(data: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in data.items() if key != BUTTON}
