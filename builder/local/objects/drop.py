"""Statements that drop: schemas, relations and functions, and with CASCADE the views that depend on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder.local.engine import trees
from builder.local.objects import autos, dependents, materialized
from builder.local.objects.functions import signature
from builder.local.objects.schemas import visible
from builder.local.objects.tables import relation
from builder.local.sql import dialect
from builder.local.sql.resolve import resolve
from builder.local.sqlstate import SqlError
from builder.names import quote_identifier

if TYPE_CHECKING:
    from builder.local.engine.backend import Session
    from builder.local.objects.functions import DropFunction, Function
    from builder.local.objects.schemas import Drop


def drop_function(session: Session, statement: DropFunction) -> str:
    wanted, schemas = signature(statement.arguments), session.path.schemas(statement.schema)
    with session.atomically():
        for function in session.catalog.overloads(schemas, statement.name):
            if function.signature == wanted:
                _drop_views(session, function, cascade=statement.cascade)
        session.catalog.drop(statement, schemas)
    return "DROP FUNCTION"


def _drop_views(session: Session, function: Function, *, cascade: bool) -> None:
    """Views that call it (Redshift, "DROP FUNCTION": CASCADE drops what depends on it, such as views)."""
    views = [each for each in session.catalog.bound_views() if _calls(session, each[2], function)]
    if views and not cascade:
        raise SqlError(
            "2BP01",
            f"cannot drop function {function.name}({function.signature}) because other objects depend on it",
            hint=f"Use DROP ... CASCADE to drop the dependent objects too: view {views[0][0]}.{views[0][1]}",
        )
    for schema, name, _ in views:
        session.duck.run(f"DROP VIEW IF EXISTS {relation(schema, name)}")
        session.catalog.forget_view(schema, name)


def _calls(session: Session, text: str, function: Function) -> bool:
    names = trees.names(session)
    # By the rights of the one who may do everything: whose view it is does not matter.
    master = replace(names.access, user=session.engine.master)
    try:
        return function.oid in resolve(dialect.parse_text(text), replace(names, access=master)).functions
    except SqlError:
        return False


def drop_object(session: Session, statement: Drop) -> str:
    with session.atomically():
        for schema, name in statement.names:
            if statement.kind == "SCHEMA":
                _drop_schema(session, name, statement)
            else:
                _drop_relation(session, schema, name, statement)
    return f"DROP {statement.kind}"


def _drop_relation(session: Session, schema: str, name: str, statement: Drop) -> None:
    if schema:
        visible(schema)
    exists = "IF EXISTS " if statement.if_exists else ""
    materialized.forbid(session, schema, name)
    place = session.rights.place(session.path.schemas(schema), name, named=bool(schema))
    if place is not None:
        dependents.release(session, statement.kind, place, name, cascade=statement.cascade)
    kept = autos.sequences(session, schema, name) if statement.kind == "TABLE" else []
    session.duck.run(f"DROP {statement.kind} {exists}{relation(schema, name)}")
    autos.forget(session, kept)
    if statement.kind == "VIEW":
        for each in session.path.schemas(schema):
            session.catalog.forget_view(each, name)


def _drop_schema(session: Session, name: str, statement: Drop) -> None:
    visible(name)
    there = session.duck.rows("SELECT 1 FROM _rs.pg_namespace WHERE nspname = ?", [name])
    if not there:
        if statement.if_exists:
            return
        raise SqlError("3F000", f'schema "{name}" does not exist')
    routines = session.catalog.in_schema(name)
    if routines and not statement.cascade:
        raise SqlError(
            "2BP01",
            f"cannot drop schema {name} because other objects depend on it: {routines[0]}",
            hint="use DROP ... CASCADE to drop the dependent objects too",
        )
    there = session.duck.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = ?", [name])
    kept = [each for (table,) in there for each in autos.sequences(session, name, table)]
    if statement.cascade:
        for (table,) in there:
            dependents.release(session, "TABLE", name, table, cascade=True)
    session.duck.run(f"DROP SCHEMA {quote_identifier(name)}{' CASCADE' if statement.cascade else ''}")
    autos.forget(session, kept)
    session.catalog.forget_schema(name)
    session.path.schemas_change()
