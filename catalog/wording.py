"""The catalogue's own words in the reader's language: texts of the starter catalogue, and the usual categories.

What is stored, and what the API answers, is the English text; pages show what these functions return. A text that is
not ours comes back as it is: the two contexts keep the words of others apart from those of the interface. A session
keeps an entry without its source, so it is the text that decides, not where it came from.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import override, pgettext

STARTER, CATEGORY = "starter catalogue", "category"
CATEGORIES = (
    "ai", "ai-ml", "analytics", "automation", "blockchain", "business", "code", "commerce", "communication",
    "cost-management", "crm", "data-analytics", "data-visualization", "database", "developer-tools", "development",
    "devops", "devtools", "documentation", "ecommerce", "files", "finance", "fintech", "games", "geospatial",
    "healthcare", "infrastructure", "integration", "iot", "knowledge", "maps", "media", "messaging", "monitoring",
    "news", "payments", "productivity", "search", "security", "tools", "travel", "utilities", "video", "web",
    "web-scraping",
)  # fmt: skip


def worded(text: str) -> str:
    """Return a text of an entry for a page: translated where it is the starter's, else as it is."""
    return pgettext(STARTER, text)


def category_worded(name: str) -> str:
    """Return a category for a page, translated where it is a usual one."""
    return pgettext(CATEGORY, name)


def schema_worded(schema: Any) -> Any:
    """Return a configuration schema whose properties have their titles and descriptions translated, as `worded`."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return schema
    return {**schema, "properties": {name: _part_worded(part) for name, part in properties.items()}}


def _part_worded(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return part
    said = {key: worded(part[key]) for key in ("title", "description") if isinstance(part.get(key), str)}
    return {**part, **said}


def searchable(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row for the search index, with its words in every language of the console beside the English ones."""
    said = [row["title"], row["description"], *(str(tool.get("description") or "") for tool in row["tools"])]
    texts, categories = [row["description"]], list(row["tags"])
    for language, _name in settings.LANGUAGES:
        with override(language):
            texts += [other for text in said if (other := worded(text)) != text]
            categories += [other for name in row["categories"] if (other := category_worded(name)) != name]
    return {**row, "description": " ".join(texts), "tags": categories}
