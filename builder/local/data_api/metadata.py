"""ListDatabases, ListSchemas, ListTables and DescribeTable: read from the engine's catalogue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from builder.local.data_api.results import describe
from builder.local.sql.tokens import split
from builder.local.sql.types import DEFAULT_VARCHAR
from builder.local.sqlstate import SqlError
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from builder.local.engine.backend import Session

_RELATIONS = """
    SELECT schema_name, name AS table_name,
           CASE WHEN schema_name IN ('pg_catalog', 'information_schema') THEN 'SYSTEM TABLE'
                WHEN temporary THEN 'LOCAL TEMPORARY' WHEN kind = 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
    FROM _rs.relation
"""
_DETAILS = """
    SELECT column_name, is_nullable, column_default FROM duckdb_columns()
    WHERE schema_name = ? AND table_name = ? AND database_name = current_database()
"""
_CHECKS = """
    SELECT expression FROM duckdb_constraints()
    WHERE schema_name = ? AND table_name = ? AND constraint_type = 'CHECK' AND database_name = current_database()
"""
_LENGTH = re.compile(r'\(strlen\("?(.+?)"?\) <= (\d+)\)')


def databases(session: Session, _given: Mapping[str, Any]) -> list[str]:
    return [session.engine.name]


def schemas(session: Session, given: Mapping[str, Any]) -> list[str]:
    pattern = given.get("SchemaPattern") or "%"
    sql = (
        "SELECT nspname FROM (SELECT nspname FROM _rs.pg_namespace UNION "
        r"VALUES ('pg_catalog'), ('information_schema')) WHERE nspname LIKE ? ESCAPE '\' ORDER BY 1"
    )
    return [str(name) for (name,) in session.duck.rows(sql, [pattern])]


def tables(session: Session, given: Mapping[str, Any]) -> list[dict[str, str]]:
    patterns = [given.get("SchemaPattern") or "%", given.get("TablePattern") or "%"]
    sql = (
        f"SELECT DISTINCT schema_name, table_name, kind FROM ({_RELATIONS}) "  # noqa: S608 - a constant
        r"WHERE schema_name LIKE ? ESCAPE '\' AND table_name LIKE ? ESCAPE '\' ORDER BY 1, 2, 3"
    )
    rows = session.duck.rows(sql, patterns)
    return [{"schema": schema, "name": name, "type": kind} for schema, name, kind in rows]


def columns(session: Session, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns of every relation that the names match exactly; without a name, of all."""
    found = [
        each
        for each in tables(session, {})
        if given.get("Schema") in {None, "", each["schema"]} and given.get("Table") in {None, "", each["name"]}
    ]
    return [column for each in found for column in _columns(session, each["schema"], each["name"])]


def _columns(session: Session, schema: str, table: str) -> list[dict[str, Any]]:
    sql = f"SELECT * FROM {quote_identifier(schema)}.{quote_identifier(table)}"  # noqa: S608 - quoted names
    try:
        read = session.prepare(split(sql)[0]).columns or ()
    except SqlError:
        # A view over something that is not there any more has no columns to tell of.
        return []
    details = {name: (nullable, default) for name, nullable, default in session.duck.rows(_DETAILS, [schema, table])}
    checks = [_LENGTH.search(str(text)) for (text,) in session.duck.rows(_CHECKS, [schema, table])]
    lengths = {check.group(1): int(check.group(2)) for check in checks if check}
    made = []
    for column in read:
        nullable, default = details.get(column.name, (True, None))
        one = describe(column.name, column.type) | {"schemaName": schema, "tableName": table}
        one["nullable"] = 1 if nullable else 0
        if default is not None:
            one["columnDefault"] = str(default)
        if column.type.name == "character varying":
            one["precision"] = lengths.get(column.name, DEFAULT_VARCHAR)
        one["length"] = one["precision"]
        made.append(one)
    return made
