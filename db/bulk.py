"""One statement for many rows: their values travel as one JSON array.

The drivers' own way to run a statement for many rows goes back and forth between Python and the
database for each of them, which beside busy threads costs more than the work itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    FromClause,
    Row,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.types import TypeEngine

Values: TypeAlias = Mapping[str, object]
Types: TypeAlias = Mapping[str, TypeEngine[Any]]

_encode: Final = msgspec.json.Encoder().encode
_ARRAY: Final = bindparam("array", type_=Text())


@dataclass(frozen=True, slots=True)
class Given:
    """The rows' values as a table, for one kind of database."""

    table: FromClause
    is_postgresql: bool

    @property
    def c(self) -> ReadOnlyColumnCollection[str, Any]:
        """Its columns."""
        return self.table.c

    def has(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether the column's value is among the given ones of a name.

        Written such that both databases look each of them up by the column's index: PostgreSQL
        would otherwise read a table of thousands of rows from end to end.
        """
        values = select(self.table.c[name])
        if self.is_postgresql:
            return column == any_(func.array(values.scalar_subquery(), type_=ARRAY(column.type)))
        return column.in_(values)


class Bulk:
    """A statement over many rows. `build` makes it from a table of the rows' values, which has a
    column for each name in `types`; it is built once for each kind of database."""

    def __init__(self, build: Callable[[Given], Executable], types: Types) -> None:
        self._types = dict(types)
        self._statements = {
            "sqlite": build(Given(_on_sqlite(self._types), is_postgresql=False)),
            "postgresql": build(Given(_on_postgresql(self._types), is_postgresql=True)),
        }

    def run(
        self, connection: Connection, rows: Sequence[Values], common: Values | None = None
    ) -> Sequence[Row[Any]]:
        """Run it once for all rows; each has a value for every name. Nothing for no rows.

        `common` are the values of the statement's own parameters; what it returns are the rows
        that it selects, if it does.
        """
        if not rows:
            return ()
        dialect = connection.dialect
        stored = {
            name: process
            for name, each in self._types.items()
            if (process := each.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        ready = [_stored(row, stored) for row in rows]
        statement = self._statements[dialect.name]
        result = connection.execute(statement, {"array": _encode(ready).decode(), **(common or {})})
        return result.all() if result.returns_rows else ()


def types_of(columns: Iterable[Any], **others: TypeEngine[Any]) -> Types:
    """The types of table columns by their names, and of values that are named otherwise."""
    return {each.name: each.type for each in columns} | others


def bulk_insert(table: Table, names: Sequence[str]) -> Bulk:
    """Adds rows to a table, in their order; each has a value for every named column."""
    return Bulk(
        lambda given: insert(table).from_select(names, select(*(given.c[name] for name in names))),
        types_of(table.c[name] for name in names),
    )


def _stored(row: Values, stored: Mapping[str, Callable[[Any], object]]) -> Values:
    """A row's values as the database keeps them: SQLite has a form of its own for moments."""
    if not stored:
        return row
    return {**row, **{name: process(row[name]) for name, process in stored.items()}}


def _on_sqlite(types: Types) -> FromClause:
    each = func.json_each(_ARRAY).table_valued("value")
    values = [
        func.json_extract(each.c.value, f'$."{name}"', type_=kind).label(name)
        for name, kind in types.items()
    ]
    return select(*values).subquery("given")


def _on_postgresql(types: Types) -> FromClause:
    columns = [column(name, kind) for name, kind in types.items()]
    given = func.json_to_recordset(cast(_ARRAY, postgresql.JSON()))
    return given.table_valued(*columns, name="given").render_derived(with_types=True)
