"""Reads that every call makes, with their SQL made once: Django builds a query's text anew for each use, which costs
more than running it (measured on a tool call: a third of the whole).

The text, the columns and the converters are Django's own, from the queryset that is given; only the values change.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connections, models, router
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=models.Model)
_FIRST_NUMBER = -(2**50)  # values that stand for a parameter while the text is made; none is an id
_Column = tuple[int, list[Callable[[Any, Any, Any], Any]], Any]


@dataclass(frozen=True)
class _Plan(Generic[M]):
    alias: str
    sql: str
    values: list[Any]
    places: Mapping[int, str]  # position in `values` -> name of the parameter
    converters: list[_Column]
    model: type[M]
    names: list[str]
    first: int
    related: list[Any]


class PreparedRead(Generic[M]):
    """A queryset with named parameters, each text (`str`) or a number (`int`) compared as it is.

    `make` gets one stand-in for each name of `parameters` and returns the queryset; it is called once a thread and
    database connection. `select_related` and `only` work; prefetching, annotations and nulls as values do not.
    """

    def __init__(self, make: Callable[..., models.QuerySet[M]], **parameters: type[str] | type[int]) -> None:
        self._make = make
        self._stand_ins: dict[str, str | int] = {
            name: f"\x01{name}\x01" if kind is str else _FIRST_NUMBER - place
            for place, (name, kind) in enumerate(parameters.items())
        }
        self._kinds = parameters
        self._made = threading.local()

    def rows(self, **values: str | int) -> list[M]:
        """Return the rows as model instances. Raises TypeError for a value of another kind or name."""
        if values.keys() != self._kinds.keys():
            raise TypeError(f"the parameters are {', '.join(self._kinds)}")
        for name, value in values.items():
            if not isinstance(value, self._kinds[name]):
                raise TypeError(f"{name} is not {self._kinds[name].__name__}")
        plan = self._planned()
        connection = connections[plan.alias]
        given = list(plan.values)
        for place, name in plan.places.items():
            given[place] = values[name]
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, given)
            found = cursor.fetchall()
        return [_instance(plan, connection, list(row)) for row in found]

    def first(self, **values: str | int) -> M | None:
        """Return the first row, None when there is none."""
        found = self.rows(**values)
        return found[0] if found else None

    def _planned(self) -> _Plan[M]:
        made: _Plan[M] | None = getattr(self._made, "plan", None)
        if made is not None:
            return made
        queryset = self._make(**self._stand_ins)
        alias = router.db_for_read(queryset.model)
        compiler = queryset.query.get_compiler(connection=connections[alias])
        sql, found = compiler.as_sql()
        columns = compiler.select
        shape = compiler.klass_info
        assert shape is not None  # noqa: S101  (a queryset of instances has one)
        fields = shape["select_fields"]
        plan = _Plan(
            alias=alias,
            sql=sql,
            values=list(found),
            places={place: name for place, value in enumerate(found) for name in self._names_of(value)},
            converters=[
                (place, *pair) for place, pair in compiler.get_converters([column[0] for column in columns]).items()
            ],
            model=shape["model"],
            names=[columns[place][0].target.attname for place in fields],
            first=fields[0],
            related=get_related_populators(shape, columns, alias),  # type: ignore[call-arg]  # the stubs know a later Django
        )
        if set(plan.places.values()) != set(self._kinds):
            raise TypeError("a parameter does not reach the query as it is")
        self._made.plan = plan
        return plan

    def _names_of(self, value: object) -> list[str]:
        return [name for name, stand_in in self._stand_ins.items() if stand_in == value]


def _instance(plan: _Plan[M], connection: Any, row: list[Any]) -> M:
    for place, converters, expression in plan.converters:
        value = row[place]
        for convert in converters:
            value = convert(value, expression, connection)
        row[place] = value
    found = plan.model.from_db(connection.alias, plan.names, row[plan.first : plan.first + len(plan.names)])
    for populator in plan.related:
        populator.populate(row, found)
    return found
