"""CALL: Redshift, "CALL", "Managing transactions"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.local.objects.rights import denied
from builder.local.procedures.catalog import overloads
from builder.local.procedures.interpret import Frame
from builder.local.procedures.scopes import Scopes
from builder.local.procedures.values import Value, Variable
from builder.local.sqlstate import SqlError
from builder.local.wire.results import Column, Result, data_rows, encoders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.backend import Session
    from builder.local.procedures.grammar import Call, Procedure

# Redshift, "Limits and differences for stored procedure support".
DEEPEST = 16


def columns(session: Session, statement: Call) -> tuple[Column, ...] | None:
    """The one row that a call with OUT or INOUT arguments gives."""
    chosen = _chosen(session, statement)
    outputs = [
        Column(name=each.name or f"${index}", type=each.type)
        for index, each in enumerate(chosen.arguments, 1)
        if each.mode != "IN"
    ]
    return tuple(outputs) or None


def call(session: Session, statement: Call, formats: Sequence[int]) -> Result:
    """In a transaction of its own where the session has none: then COMMIT and ROLLBACK may stand in the body."""
    procedure = _chosen(session, statement)
    if statement.schema:
        session.rights.usage(statement.schema)
    if not session.rights.may("PROCEDURE", procedure.key, "EXECUTE"):
        raise denied("PROCEDURE", procedure.name)
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
    scopes = Scopes(session)
    given = [scopes.value(text) for text in statement.arguments]
    names, position = [], 0
    for index, argument in enumerate(procedure.arguments, 1):
        name = argument.name or f"${index}"
        names.append(name)
        value = Value(None, argument.type)
        if argument.mode != "OUT":
            value = scopes.as_type(given[position], argument.type)
            position += 1
        scopes.levels[0][name] = Variable(argument.type, value, constant=argument.mode == "IN")
    scopes.positions = tuple(names)
    user = session.user
    try:
        if procedure.definer and procedure.owner != user:
            session.become(procedure.owner)
        Frame(session=session, scopes=scopes, ends=ends).run(procedure.block())
    finally:
        if session.user != user:
            session.become(user)
    values = [
        scopes.levels[0][name].value for name, each in zip(names, procedure.arguments, strict=True) if each.mode != "IN"
    ]
    return [value for value in values if isinstance(value, Value)]


def _row(session: Session, described: Sequence[Column], outputs: Sequence[Value], formats: Sequence[int]) -> bytes:
    made = encoders(described, formats, session.protocol)
    values = ", ".join(f"{value.cast} AS c{index}" for index, value in enumerate(outputs))
    items = ", ".join(encoder.sql for encoder in made)
    return data_rows(session.duck.rows(f"SELECT {items} FROM (SELECT {values})"), made)  # noqa: S608 - literals


def _chosen(session: Session, statement: Call) -> Procedure:
    schemas = session.path.schemas(statement.schema)
    fitting = [
        each for each in overloads(session, schemas, statement.name) if len(each.inputs) == len(statement.arguments)
    ]
    if not fitting:
        raise SqlError(
            "42883", f"procedure {statement.name}({', '.join('unknown' for _ in statement.arguments)}) does not exist"
        )
    if len(fitting) == 1:
        return fitting[0]
    return _best(session, fitting, statement)


def _best(session: Session, fitting: Sequence[Procedure], statement: Call) -> Procedure:
    """By the types of the arguments: the procedure that has most of them exactly."""
    scopes = Scopes(session)
    given = [scopes.value(text).type.name for text in statement.arguments]
    scores = [sum(each.type.name == kind for each, kind in zip(one.inputs, given, strict=True)) for one in fitting]
    if scores.count(max(scores)) > 1:
        raise SqlError("42725", f"procedure {statement.name} is not unique", hint="add explicit type casts")
    return fitting[scores.index(max(scores))]
