"""Procedures on record: made, found and dropped. Redshift, "CREATE PROCEDURE", "DROP PROCEDURE"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from builder.local.objects import grants
from builder.local.objects.functions import signature
from builder.local.procedures.grammar import Argument, Procedure
from builder.local.sql import types
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.backend import Session
    from builder.local.procedures.grammar import CreateProcedure, DropProcedure

_HIDDEN = frozenset({"_rs", "main", "temp", "system", "pg_catalog", "information_schema"})


def create(session: Session, statement: CreateProcedure) -> str:
    made = statement.procedure
    schema = made.schema or session.path.current_schema
    if schema in _HIDDEN:
        raise SqlError("42501", f'schema "{schema}" is reserved')
    if not session.duck.rows("SELECT 1 FROM _rs.pg_namespace WHERE nspname = ?", [schema]):
        raise SqlError("3F000", f'schema "{schema}" does not exist')
    old = found(session, [schema], made.name, made.signature)
    if old is not None and not statement.replace:
        raise SqlError(
            "42723", f'procedure "{made.name}" already exists with same argument types', hint="use OR REPLACE"
        )
    owner = session.user
    if old is not None:
        # Owner and grants stay (PostgreSQL, "CREATE FUNCTION").
        owner = old.owner
        _forget(session, old)
    row: list[Any] = [
        session.duck.rows("SELECT nextval('_rs.oids')")[0][0],
        schema,
        made.name,
        made.signature,
        [each.name for each in made.arguments],
        [each.mode for each in made.arguments],
        [str(each.type) for each in made.arguments],
        made.body,
        made.atomic,
        made.definer,
        owner,
    ]
    session.duck.run(f"INSERT INTO _rs.procedure VALUES ({', '.join('?' for _ in row)})", row)  # noqa: S608 - question marks
    if old is None:
        grants.made(session.duck, "PROCEDURE", schema, replace(made, schema=schema).key, owner)
    return "CREATE PROCEDURE"


def drop(session: Session, statement: DropProcedure) -> str:
    wanted = signature(statement.arguments)
    there = found(session, session.path.schemas(statement.schema), statement.name, wanted)
    if there is None:
        if statement.if_exists:
            return "DROP PROCEDURE"
        raise SqlError("42883", f"procedure {statement.name}({wanted}) does not exist")
    _forget(session, there)
    return "DROP PROCEDURE"


def _forget(session: Session, procedure: Procedure) -> None:
    where = "schema_name = ? AND name = ? AND signature = ?"
    session.duck.run(
        f"DELETE FROM _rs.procedure WHERE {where}",  # noqa: S608 - a constant
        [procedure.schema, procedure.name, procedure.signature],
    )


def found(session: Session, schemas: Sequence[str], name: str, wanted: str) -> Procedure | None:
    """By its exact signature."""
    return next((each for each in overloads(session, schemas, name) if each.signature == wanted), None)


def overloads(session: Session, schemas: Sequence[str], name: str) -> list[Procedure]:
    """The procedures of a name; of one signature in several schemas, that of the first."""
    first: dict[str, Procedure] = {}
    for schema in schemas:
        for each in _named(session, schema, name):
            first.setdefault(each.signature, each)
    return list(first.values())


def _named(session: Session, schema: str, name: str) -> list[Procedure]:
    rows = session.duck.rows(
        "SELECT argument_names, argument_modes, argument_types, body, atomic, definer, owner "
        "FROM _rs.procedure WHERE schema_name = ? AND name = ? ORDER BY oid",
        [schema, name],
    )
    bare = Procedure(schema=schema, name=name, arguments=(), body="")
    return [
        replace(
            bare,
            arguments=tuple(
                Argument(name=one, mode=mode, type=types.of(kind))
                for one, mode, kind in zip(names, modes, kinds, strict=True)
            ),
            body=body,
            atomic=atomic,
            definer=definer,
            owner=owner,
        )
        for names, modes, kinds, body, atomic, definer, owner in rows
    ]
