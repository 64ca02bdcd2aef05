"""Procedures on record, and CALL: Redshift, "CREATE PROCEDURE", "CALL", "Managing transactions"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from builder.local.objects.functions import signature
from builder.local.procedures.grammar import Argument, Procedure
from builder.local.procedures.interpret import Frame
from builder.local.procedures.values import Value, Variable
from builder.local.sql import types
from builder.local.sqlstate import SqlError
from builder.local.wire.results import Column, Result, data_rows, encoders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.backend import Session
    from builder.local.procedures.grammar import Call, CreateProcedure, DropProcedure

# Redshift, "Limits and differences for stored procedure support".
DEEPEST = 16
_HIDDEN = frozenset({"_rs", "main", "temp", "system", "pg_catalog", "information_schema"})


def create(session: Session, statement: CreateProcedure) -> str:
    made = statement.procedure
    schema = made.schema or session.search_path[0]
    if schema in _HIDDEN:
        raise SqlError("42501", f'schema "{schema}" is reserved')
    if not session.duck.rows("SELECT 1 FROM _rs.pg_namespace WHERE nspname = ?", [schema]):
        raise SqlError("3F000", f'schema "{schema}" does not exist')
    old = _found(session, [schema], made.name, made.signature)
    if old is not None and not statement.replace:
        raise SqlError(
            "42723", f'procedure "{made.name}" already exists with same argument types', hint="use OR REPLACE"
        )
    if old is not None:
        _own(session, old)
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
        session.user,
    ]
    session.duck.run(f"INSERT INTO _rs.procedure VALUES ({', '.join('?' for _ in row)})", row)  # noqa: S608 - question marks
    return "CREATE PROCEDURE"


def drop(session: Session, statement: DropProcedure) -> str:
    wanted = signature(statement.arguments)
    found = _found(session, session.schemas(statement.schema), statement.name, wanted)
    if found is None:
        if statement.if_exists:
            return "DROP PROCEDURE"
        raise SqlError("42883", f"procedure {statement.name}({wanted}) does not exist")
    _own(session, found)
    _forget(session, found)
    return "DROP PROCEDURE"


def _own(session: Session, procedure: Procedure) -> None:
    if procedure.owner != session.user and not session.rights.superuser:
        raise SqlError("42501", f"must be owner of procedure {procedure.name}")


def _forget(session: Session, procedure: Procedure) -> None:
    where = "schema_name = ? AND name = ? AND signature = ?"
    session.duck.run(
        f"DELETE FROM _rs.procedure WHERE {where}",  # noqa: S608 - a constant
        [procedure.schema, procedure.name, procedure.signature],
    )


def columns(session: Session, statement: Call) -> tuple[Column, ...] | None:
    """The one row that a call with OUT or INOUT arguments gives."""
    found = _chosen(session, statement)
    outputs = [
        Column(name=each.name or f"${index}", type=each.type)
        for index, each in enumerate(found.arguments, 1)
        if each.mode != "IN"
    ]
    return tuple(outputs) or None


def call(session: Session, statement: Call, formats: Sequence[int]) -> Result:
    """In a transaction of its own where the session has none: then COMMIT and ROLLBACK may stand in the body."""
    procedure = _chosen(session, statement)
    if procedure.owner != session.user and not session.rights.superuser:
        raise SqlError("42501", f"permission denied for procedure {procedure.name}")
    if session.call_depth >= DEEPEST:
        raise SqlError("54001", f"procedures call each other deeper than {DEEPEST} levels")
    ends = session.status == "I" or (session.call_depth > 0 and session.call_ends)
    outer = session.call_ends
    if session.call_depth == 0:
        session.call_ends = ends
    own = session.status == "I"
    session.begin()
    session.call_depth += 1
    try:
        outputs = _run(session, procedure, statement, ends=session.call_ends)
    except SqlError:
        if own:
            session.rollback()
        raise
    finally:
        session.call_depth -= 1
        session.call_ends = outer
    if own:
        session.commit()
    if not outputs:
        return Result(tag="CALL")
    described = columns(session, statement) or ()
    spread = tuple(formats) or (0,) * len(described)
    return Result(tag="CALL", columns=described, chunks=iter([(_row(session, described, outputs, spread), 1)]))


def _run(session: Session, procedure: Procedure, statement: Call, *, ends: bool) -> list[Value]:
    frame = Frame(session=session, ends=ends, scopes=[{}])
    given = [frame.value(text) for text in statement.arguments]
    names, position = [], 0
    for index, argument in enumerate(procedure.arguments, 1):
        name = argument.name or f"${index}"
        names.append(name)
        value = Value(None, argument.type)
        if argument.mode != "OUT":
            value = frame.as_type(given[position], argument.type)
            position += 1
        frame.scopes[0][name] = Variable(argument.type, value, constant=argument.mode == "IN")
    frame.positions = tuple(names)
    user = session.user
    try:
        if procedure.definer and procedure.owner != user:
            session.become(procedure.owner)
        frame.run(procedure.block())
    finally:
        if session.user != user:
            session.become(user)
    found = [
        frame.scopes[0][name].value for name, each in zip(names, procedure.arguments, strict=True) if each.mode != "IN"
    ]
    return [value for value in found if isinstance(value, Value)]


def _row(session: Session, described: Sequence[Column], outputs: Sequence[Value], formats: Sequence[int]) -> bytes:
    made = encoders(described, formats, session.protocol)
    values = ", ".join(f"{value.cast} AS c{index}" for index, value in enumerate(outputs))
    items = ", ".join(encoder.sql for encoder in made)
    return data_rows(session.duck.rows(f"SELECT {items} FROM (SELECT {values})"), made)  # noqa: S608 - literals


def _chosen(session: Session, statement: Call) -> Procedure:
    schemas = session.schemas(statement.schema)
    overloads = [
        each for each in _all(session, schemas, statement.name) if len(each.inputs) == len(statement.arguments)
    ]
    if not overloads:
        raise SqlError(
            "42883", f"procedure {statement.name}({', '.join('unknown' for _ in statement.arguments)}) does not exist"
        )
    if len(overloads) == 1:
        return overloads[0]
    return _best(session, overloads, statement)


def _best(session: Session, overloads: Sequence[Procedure], statement: Call) -> Procedure:
    """By the types of the arguments: the procedure that has most of them exactly."""
    frame = Frame(session=session, ends=False, scopes=[{}])
    given = [frame.value(text).type.name for text in statement.arguments]
    scores = [sum(each.type.name == kind for each, kind in zip(one.inputs, given, strict=True)) for one in overloads]
    if scores.count(max(scores)) > 1:
        raise SqlError("42725", f"procedure {statement.name} is not unique", hint="add explicit type casts")
    return overloads[scores.index(max(scores))]


def _found(session: Session, schemas: Sequence[str], name: str, wanted: str) -> Procedure | None:
    return next((each for each in _all(session, schemas, name) if each.signature == wanted), None)


def _all(session: Session, schemas: Sequence[str], name: str) -> list[Procedure]:
    """The procedures of a name in the first of the schemas that has any."""
    for schema in schemas:
        rows = session.duck.rows(
            "SELECT argument_names, argument_modes, argument_types, body, atomic, definer, owner "
            "FROM _rs.procedure WHERE schema_name = ? AND name = ? ORDER BY oid",
            [schema, name],
        )
        if rows:
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
    return []
