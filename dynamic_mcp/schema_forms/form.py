"""One form for one schema: shown with a value or with what was posted, read back into a value, errors in place.

Works without JavaScript. `view=json` shows one field for the whole value as JSON; it is chosen for a value too large
for inputs. Pure: no database, no settings.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from dynamic_mcp.schema_forms.bind import Binder, Field
from dynamic_mcp.schema_forms.build import build
from dynamic_mcp.schema_forms.check import check
from dynamic_mcp.schema_forms.flatten import flatten
from dynamic_mcp.schema_forms.names import html_id, place
from dynamic_mcp.schema_forms.nodes import MISSING
from dynamic_mcp.schema_forms.read import Reading, parse_json, read
from dynamic_mcp.schema_forms.rows import rows_changed
from dynamic_mcp.schema_forms.starts import pretty, start_value

MAX_INPUTS = 800  # Django takes 1,000 posted fields


class SchemaForm:
    """A form for values of `schema`; inputs are named below `name`.

    Make one with `of_value` or `of_post`. `value` is what it holds, `errors` are `[{path, message}]`, `field` is the
    tree for the template, `view` is "form" or "json", `text` the JSON of the JSON view.
    """

    def __init__(
        self, schema: Any, data: Mapping[str, str], *, name: str, view: str, fresh: bool, text: str = ""
    ) -> None:
        self.schema: dict[str, Any] = schema if isinstance(schema, dict) else {}
        self.name, self.data, self.view, self.fresh, self.text = name, dict(data), view, fresh, text
        self.node = build(self.schema)
        self._refused: list[dict[str, str]] = []
        self._showing_errors = False

    @classmethod
    def of_value(cls, schema: Any, value: Any = MISSING, *, name: str, view: str = "form") -> "SchemaForm":
        """Return the form holding a value (none given: the schema's defaults)."""
        held = start_value(build(schema)) if value is MISSING else value
        form = cls(schema, {}, name=name, view=view, fresh=True, text=pretty(held))
        form.data = flatten(form.node, held, name, form.schema)
        if len(form.data) > MAX_INPUTS or read(form.node, form.data, name).value != held:
            form.view = "json"  # inputs would lose something
        return form

    @classmethod
    def of_post(cls, schema: Any, post: Mapping[str, str], *, name: str) -> "SchemaForm":
        """Return the form holding what was posted."""
        view = "json" if post.get(f"{name}@view") == "json" else "form"
        return cls(schema, post, name=name, view=view, fresh=False, text=post.get(f"{name}@json", ""))

    @cached_property
    def _reading(self) -> Reading:
        if self.view != "json":
            found = read(self.node, self.data, self.name)
            found.value = {} if found.value is MISSING else found.value
            return found
        try:
            return Reading(parse_json(self.text or "{}"))
        except ValueError:
            return Reading({}, [{"path": "", "message": _("This is not valid JSON.")}])

    @property
    def value(self) -> Any:
        return self._reading.value

    def valid(self) -> bool:
        """Check the value; afterwards the errors are shown at their fields."""
        told = {error["path"] for error in self._reading.errors}
        further = [] if self.view == "json" and told else check(self.schema, self.value)
        self._refused = [*self._reading.errors, *(error for error in further if error["path"] not in told)]
        self._showing_errors = True
        return not self._refused

    def refuse(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Show errors that were found elsewhere, such as a service's."""
        self._refused += [{"path": str(one.get("path", "")), "message": str(one.get("message", ""))} for one in errors]
        self._showing_errors = True

    @property
    def errors(self) -> list[dict[str, str]]:
        return self._refused if self._showing_errors else []

    def _input_of(self, path: str) -> str:
        """Return the name of the input nearest to a path: its own, or that of what holds it."""
        inputs = {place(known): name for known, name in self._reading.places.items()}
        parts = place(path).split(".")
        while parts and ".".join(parts) not in inputs:
            parts.pop()
        return inputs.get(".".join(parts), self.name)

    @cached_property
    def _by_input(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for error in self.errors:
            name = self._input_of(error["path"]) if self.view == "form" else self.name
            found.setdefault(name, []).append(error["message"])
        return found

    @cached_property
    def field(self) -> Field:
        return Binder(self.data, self._by_input, fresh=self.fresh).bind(self.node, self.name)

    @property
    def first_wrong(self) -> str:
        """The element id of the first field with an error, for the summary's link; empty when there is none."""
        return html_id(next(iter(self._by_input), self.name)) if self.errors else ""

    def with_rows_changed(self) -> "SchemaForm | None":
        """Return the form after a row button, or None when none was pressed."""
        changed = rows_changed(self.data)
        return None if changed is None else SchemaForm(self.schema, changed, name=self.name, view="form", fresh=False)
