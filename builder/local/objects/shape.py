"""A table as it stands: its columns with their Redshift types, read from DuckDB and the checks that keep lengths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.tables import relation
from builder.local.sql import types
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.duck import Duck

_LENGTH = re.compile(r'strlen\("?(.+?)"?\) <= (\d+)\)')


@dataclass(frozen=True, kw_only=True)
class Column:
    """`default` is DuckDB's text, "" for none; an identity column's names its sequence."""

    name: str
    type: types.Type
    not_null: bool
    default: str


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`schema` is "" for a temporary table."""

    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def quoted(self) -> str:
        return relation(self.schema, self.name) if self.schema else f"temp.{relation('', self.name)}"

    def chosen(self, names: Sequence[str]) -> tuple[Column, ...]:
        """The columns of these names in their order; of none, all. Raises 42703."""
        known = {column.name: column for column in self.columns}
        for name in names:
            if name not in known:
                raise SqlError("42703", f'column "{name}" of relation "{self.name}" does not exist')
        return tuple(known[name] for name in names) or self.columns


def shape_of(duck: Duck, schemas: Sequence[str], name: str) -> Shape:
    """Of a temporary table, or the first of the schemas that has one of this name. Raises 42P01."""
    for schema in ("", *schemas):
        place = "database_name = 'temp'" if not schema else "database_name <> 'temp' AND schema_name = ?"
        parameters = [name, schema] if schema else [name]
        where = f"table_name = ? AND {place}"
        names = "column_name, data_type, is_nullable, coalesce(column_default, '')"
        rows = duck.rows(
            f"SELECT {names} FROM duckdb_columns() WHERE {where} "  # noqa: S608 - constants
            "AND table_name NOT IN (SELECT view_name FROM duckdb_views() WHERE NOT internal) ORDER BY column_index",
            parameters,
        )
        if rows:
            checks = duck.rows(f"SELECT constraint_text FROM duckdb_constraints() WHERE {where}", parameters)  # noqa: S608 - as above
            lengths = {found[1]: int(found[2]) for (text,) in checks for found in _LENGTH.finditer(text)}
            columns = tuple(
                Column(name=column, type=_typed(duck_type, lengths.get(column)), not_null=not nullable, default=default)
                for column, duck_type, nullable, default in rows
            )
            return Shape(schema=schema, name=name, columns=columns)
    raise SqlError("42P01", f'relation "{name}" does not exist')


def _typed(duck: str, length: int | None) -> types.Type:
    kind = types.from_duck(duck)
    return types.Type(kind=kind.kind, arguments=(length,)) if length is not None else kind
