"""Statements that make or change: schemas, tables, views and functions. Each gives its tag."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.engine import outside, trees
from builder.local.objects import autos
from builder.local.objects.alter import AlterColumns, alter, render_column
from builder.local.objects.functions import check_types
from builder.local.objects.schemas import visible
from builder.local.objects.shape import Column, shape_of
from builder.local.objects.tables import relation, render_comment
from builder.local.sql import dialect
from builder.local.sql.bodies import body_of, parameter_index
from builder.local.sql.casts import cast
from builder.local.sqlstate import SqlError, unsupported
from builder.names import quote_identifier

if TYPE_CHECKING:
    from builder.local.engine.backend import Session
    from builder.local.objects.functions import CreateFunction, Function
    from builder.local.objects.schemas import CreateSchema, CreateView
    from builder.local.objects.tables import CreateTable


def create_schema(session: Session, statement: CreateSchema) -> str:
    name = visible(statement.name)
    exists = session.duck.rows("SELECT 1 FROM _rs.pg_namespace WHERE nspname = ?", [name])
    if exists and not statement.if_not_exists:
        raise SqlError("42P06", f'schema "{name}" already exists')
    session.duck.run(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(name)}")
    session.path.schemas_change()
    return "CREATE SCHEMA"


def create_function(session: Session, statement: CreateFunction) -> str:
    function = statement.function
    schema = visible(function.schema or session.path.current_schema)
    if function.external is not None:
        check_types(function, session.engine.external_types)
        outside.permit(session, function.external, fresh=True)
    else:
        _check_body(session, replace(function, schema=schema))
    with session.atomically():
        session.catalog.create(statement, schema)
    return "CREATE FUNCTION"


def _check_body(session: Session, function: Function) -> None:
    """Binds the body over NULLs: what it names must be there, and its type must be the one that is declared."""
    body = body_of(function)
    for parameter in list(body.find_all(exp.Parameter)):
        index = parameter_index(parameter)
        if not 1 <= index <= len(function.arguments):
            raise SqlError("42P02", f"there is no parameter ${index}")
        null = cast(exp.null(), function.arguments[index - 1])
        if parameter is body:
            body = null
        else:
            parameter.replace(null)
    column = trees.describe(session, exp.Select(expressions=[body]), ())[0]
    if not _returns(column.type.name, function.returns.name) and not isinstance(body, exp.Null):
        raise SqlError(
            "42P13",
            f"return type mismatch in function declared to return {function.returns.name}: "
            f"the body gives {column.type.name}",
        )


def _returns(given: str, declared: str) -> bool:
    """Redshift casts a body's result within a family of types, never across."""
    families = (
        {"smallint", "integer", "bigint", "numeric", "real", "double precision"},
        {"character", "character varying"},
        {"date", "timestamp without time zone", "timestamp with time zone"},
    )
    return given == declared or any(given in family and declared in family for family in families)


def create_table(session: Session, statement: CreateTable) -> str:
    if statement.schema:
        visible(statement.schema)
    if statement.query is None:
        with session.atomically():
            known = _known(session, statement)
            _create_columns(session, statement)
            if not known:
                _comment(session, statement)
        return "CREATE TABLE"
    caller = outside.caller(session)
    try:
        query = dialect.render(trees.translated(session, dialect.parse(statement.query), caller))
        names = f"({', '.join(map(quote_identifier, statement.names))})" if statement.names else ""
        head = "CREATE TEMP TABLE" if statement.temporary else "CREATE TABLE"
        exists = " IF NOT EXISTS" if statement.if_not_exists else ""
        known = _known(session, statement)
        session.duck.run(f"{head}{exists} {relation(statement.schema, statement.name)}{names} AS {query}")
        if not known:
            _comment(session, statement)
    finally:
        outside.clean(caller)
    return "SELECT"


def _known(session: Session, statement: CreateTable) -> bool:
    """Whether IF NOT EXISTS will find the table there."""
    if not statement.if_not_exists:
        return False
    try:
        session.duck.describe(f"SELECT 1 FROM {relation(statement.schema, statement.name)}")  # noqa: S608 - quoted
    except SqlError:
        return False
    return True


def _comment(session: Session, statement: CreateTable) -> None:
    session.duck.run(render_comment(statement, statement.schema or session.path.current_schema))


def _create_columns(session: Session, statement: CreateTable) -> None:
    """A table by its columns, those of LIKE first."""
    columns: list[Column] = []
    if statement.like is not None:
        schema, name = statement.like
        parent = shape_of(session.duck, session.path.schemas(schema), name)
        if not session.rights.superuser:
            session.rights.relation(session.path.schemas(schema), name, ["SELECT"], named=bool(schema))
        kept = statement.like_defaults
        # LIKE takes no IDENTITY along.
        columns = [
            replace(column, default="" if autos.drawn(column) or not kept else column.default)
            for column in parent.columns
        ]
    for column in statement.columns:
        default = expression(session, column.default) if column.default else ""
        if column.identity is not None:
            default = autos.sequence(session, column)
        not_null = column.not_null or column.identity is not None
        columns.append(Column(name=column.name, type=column.type, not_null=not_null, default=default))
    head = "CREATE TEMP TABLE" if statement.temporary else "CREATE TABLE"
    exists = " IF NOT EXISTS" if statement.if_not_exists else ""
    parts = ", ".join(map(render_column, columns))
    session.duck.run(f"{head}{exists} {relation(statement.schema, statement.name)} ({parts})")


def alter_columns(session: Session, statement: AlterColumns) -> str:
    return alter(session, statement, lambda text: expression(session, text))


def expression(session: Session, text: str) -> str:
    """A default, translated."""
    tree = dialect.parse_text(f"SELECT {text}")
    translated = trees.translated(session, tree, outside.caller(session))
    if not isinstance(translated, exp.Select) or translated.args.get("from_") is not None:
        raise unsupported("a default that reads a table or calls an external function")
    item = translated.expressions[0]
    return f"({dialect.render(item.this if isinstance(item, exp.Alias) else item)})"


def create_view(session: Session, statement: CreateView) -> str:
    """A view's text is kept and read again wherever the view is used; DuckDB has its columns only."""
    schema = visible(statement.schema or session.path.current_schema)
    text = statement.query.text
    if statement.columns:
        names = ", ".join(map(quote_identifier, statement.columns))
        text = f"SELECT * FROM ({text}) AS _rs_view({names})"  # noqa: S608 - the view's own text, parsed below
    columns = trees.describe(session, dialect.parse_text(text), ())
    shape = ", ".join(f"CAST(NULL AS {each.type.duck}) AS {quote_identifier(each.name)}" for each in columns)
    head = "CREATE OR REPLACE VIEW" if statement.replace else "CREATE VIEW"
    with session.atomically():
        session.duck.run(f"{head} {relation(schema, statement.name)} AS SELECT {shape} WHERE false")
        session.catalog.keep_view(schema, statement.name, text, late=statement.late)
    return "CREATE VIEW"
