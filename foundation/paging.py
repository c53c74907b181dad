"""Pages of a list for the API: newest first, by an opaque cursor over the ordered key."""

import base64
import binascii
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.errors import Invalid

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
_KEY_MAX_CHARS = 128
T = TypeVar("T", bound=models.Model)


def page_of(
    queryset: models.QuerySet[T], limit: int | None = None, cursor: str | None = None, *, key: str = "pk"
) -> tuple[list[T], str | None]:
    """Return up to `limit` rows with falling `key` after `cursor`, and the next cursor or None.

    The cursor holds the last key and nothing else: ownership comes from the queryset, so a made-up one shows nothing
    new. `key` names a unique field. Raises Invalid (422) for a limit outside 1 to 200 or a cursor not made here.
    """
    size = LIMIT_DEFAULT if limit is None else limit
    if not 1 <= size <= LIMIT_MAX:
        raise Invalid(errors=[{"path": "limit", "message": str(_("Must be between 1 and 200."))}])
    ordered = queryset.order_by(f"-{key}")
    if cursor:
        ordered = ordered.filter(**{f"{key}__lt": _last_key(queryset, cursor, key)})
    rows = list(ordered[: size + 1])
    if len(rows) <= size:
        return rows, None
    return rows[:size], _cursor_for(getattr(rows[size - 1], key))


def _cursor_for(value: Any) -> str:
    return base64.urlsafe_b64encode(f"1:{value}".encode()).decode().rstrip("=")


def _last_key(queryset: models.QuerySet[Any], cursor: str, key: str) -> Any:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        version, _colon, value = text.partition(":")
        if version != "1" or not value or len(value) > _KEY_MAX_CHARS or "\0" in value:
            raise ValueError("not a cursor")
        meta = queryset.model._meta
        field: Any = meta.pk if key == "pk" else meta.get_field(key)
        python_value = field.to_python(value)
        if isinstance(python_value, int) and abs(python_value) >= 2**63:
            raise ValueError("not a key")
        return python_value
    except (ValueError, binascii.Error, ValidationError) as error:
        raise Invalid(errors=[{"path": "cursor", "message": str(_("Not a cursor of this list."))}]) from error
