"""Which sealed values the apps above keep in their own rows, so that a rotation reaches them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models


@dataclass(frozen=True)
class SealedColumn:
    """A binary field of a model that holds `vault.services.seal` values; `identity` gives the row's identity."""

    model: type[models.Model]
    field: str
    identity: Callable[[Any], str]


class SealedColumns:
    """The list of them; an upper app registers its own in `AppConfig.ready`."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, str], SealedColumn] = {}

    def register(self, model: type[models.Model], field: str, identity: Callable[[Any], str]) -> None:
        self._columns[model._meta.label, field] = SealedColumn(model, field, identity)

    def __iter__(self) -> Iterator[SealedColumn]:
        return iter(list(self._columns.values()))


sealed_columns = SealedColumns()
