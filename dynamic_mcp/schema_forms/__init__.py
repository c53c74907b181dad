"""Forms from JSON schemas and back. Pure: values in, values out; nothing here reads the database or settings."""

from dynamic_mcp.schema_forms.check import check
from dynamic_mcp.schema_forms.form import SchemaForm
from dynamic_mcp.schema_forms.nodes import MISSING

__all__ = ["MISSING", "SchemaForm", "check"]
