"""ALTER TABLE where DuckDB cannot follow: a column with a length, or one that a check stands on.

DuckDB adds no checks to a table that is there, and our lengths are checks: the table is made again, within the
transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from builder.local.objects.keys import Keys
from builder.local.objects.shape import Column, Shape, shape_of
from builder.local.objects.tables import TableColumn, read_column, read_name
from builder.local.sql import types
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, unsupported
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.local.engine.backend import Session
    from builder.local.sql.tokens import Source

_KEYS = frozenset({"PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CONSTRAINT"})
_STORAGE = frozenset({"DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "ENCODE"})


@dataclass(frozen=True, kw_only=True)
class AlterColumns:
    """One of: a column that is added, the name of one that is dropped, a name with its new type, or nothing to do."""

    schema: str
    name: str
    add: TableColumn | None = None
    drop: str = ""
    retype: tuple[str, types.Type] | None = None


def parse_alter(source: Source) -> AlterColumns | None:
    """None for an ALTER TABLE that DuckDB follows by itself: RENAME, OWNER and the like."""
    cursor = Cursor(source)
    if not cursor.accept("ALTER", "TABLE"):
        return None
    schema, name = read_name(cursor)
    made = AlterColumns(schema=schema, name=name)
    reader = next((_ACTIONS[word] for word in _ACTIONS if cursor.accept(word)), None)
    if reader is None:
        return None
    without_effect = cursor.peek() in _KEYS | _STORAGE
    if not without_effect:
        cursor.accept("COLUMN")
    return made if without_effect else reader(cursor, made)


def _add(cursor: Cursor, made: AlterColumns) -> AlterColumns:
    return replace(made, add=read_column(cursor, Keys()))


def _drop(cursor: Cursor, made: AlterColumns) -> AlterColumns:
    return replace(made, drop=cursor.identifier())


def _retype(cursor: Cursor, made: AlterColumns) -> AlterColumns:
    column = cursor.identifier()
    if cursor.accept("ENCODE"):
        return made
    cursor.expect("TYPE")
    return replace(made, retype=(column, types.of(cursor.until(""))))


_ACTIONS: dict[str, Callable[[Cursor, AlterColumns], AlterColumns]] = {"ADD": _add, "DROP": _drop, "ALTER": _retype}


def alter(session: Session, statement: AlterColumns, expression: Callable[[str], str]) -> str:
    """`expression` translates a default."""
    shape = shape_of(session.duck, session.path.schemas(statement.schema), statement.name)
    if shape.schema and not session.rights.superuser:
        schemas = session.path.schemas(statement.schema)
        session.rights.relation(schemas, statement.name, ["ALTER"], named=bool(statement.schema))
    columns = list(shape.columns)
    values = [quote_identifier(column.name) for column in columns]
    if statement.add is not None:
        columns.append(_added(shape, statement.add, expression))
        values.append(columns[-1].default or "NULL")
    elif statement.drop:
        index = _place(shape, statement.drop)
        if len(columns) == 1:
            raise SqlError("0A000", "cannot drop the only column of a table")
        del columns[index], values[index]
    elif statement.retype is not None:
        index = _place(shape, statement.retype[0])
        columns[index] = _retyped(columns[index], statement.retype[1])
    else:
        return "ALTER TABLE"
    with session.atomically():
        rebuild(session, shape, columns, values)
    return "ALTER TABLE"


def _place(shape: Shape, name: str) -> int:
    shape.chosen([name])
    return [column.name for column in shape.columns].index(name)


def _added(shape: Shape, column: TableColumn, expression: Callable[[str], str]) -> Column:
    if column.identity is not None:
        raise unsupported("an IDENTITY column in ALTER TABLE")
    if column.name in {each.name for each in shape.columns}:
        raise SqlError("42701", f'column "{column.name}" of relation "{shape.name}" already exists')
    default = expression(column.default) if column.default else ""
    if column.not_null and not default:
        raise SqlError("0A000", "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression")
    return Column(name=column.name, type=column.type, not_null=column.not_null, default=default)


def _retyped(column: Column, wanted: types.Type) -> Column:
    """Redshift, "ALTER TABLE": only the size of a VARCHAR can be changed."""
    if column.type.name != "character varying" or wanted.name != "character varying":
        raise SqlError(
            "0A000", f"cannot alter type of a column of type {column.type.name}: only VARCHAR's size can change"
        )
    return replace(column, type=wanted)


def rebuild(session: Session, shape: Shape, columns: Sequence[Column], values: Sequence[str]) -> None:
    """The table again with other columns, filled from itself."""
    held = ", ".join(f"c{index}" for index in range(len(columns)))
    names = ", ".join(values)
    session.duck.run(f"CREATE OR REPLACE TEMP TABLE _rs_rebuilt({held}) AS SELECT {names} FROM {shape.quoted}")  # noqa: S608 - quoted
    told = session.duck.rows(
        "SELECT comment FROM duckdb_tables() WHERE table_name = ? AND schema_name = ? AND comment IS NOT NULL",
        [shape.name, shape.schema],
    )
    session.duck.run(f"DROP TABLE {shape.quoted}")
    head = "CREATE TABLE" if shape.schema else "CREATE TEMP TABLE"
    session.duck.run(f"{head} {shape.quoted} ({', '.join(map(render_column, columns))})")
    session.duck.run(f"INSERT INTO {shape.quoted} SELECT * FROM _rs_rebuilt")  # noqa: S608 - quoted
    session.duck.run("DROP TABLE temp._rs_rebuilt")
    text = _retold(told[0][0] if told else "{}", shape, columns)
    session.duck.run(f"COMMENT ON TABLE {shape.quoted} IS '{text.replace(chr(39), chr(39) * 2)}'")


def _retold(text: str, shape: Shape, columns: Sequence[Column]) -> str:
    """DuckDB's comment on the table: types as they were written or are now, and keys but for those of columns gone."""
    told = json.loads(text)
    types_, known = told.get("types", {}), {column.name: column.type for column in shape.columns}
    told["types"] = {
        column.name: types_[column.name]
        if column.name in types_ and known.get(column.name) == column.type
        else str(column.type)
        for column in columns
    }
    told["keys"] = [key for key in told.get("keys", []) if told["types"].keys() >= set(key["columns"])]
    return json.dumps({name: value for name, value in told.items() if value})


def render_column(column: Column) -> str:
    """A column of a table that is there, for CREATE TABLE."""
    name = quote_identifier(column.name)
    parts = [name, column.type.duck]
    if column.not_null:
        parts.append("NOT NULL")
    if column.default:
        parts.append(f"DEFAULT {column.default}")
    if column.type.name.startswith("character") and column.type.arguments:
        parts.append(f"CHECK (strlen({name}) <= {column.type.arguments[0]})")
    return " ".join(parts)
