"""A statement made ready to run: what can be known before its values are, and what its client is told before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.engine import cursors, explain, listings, trees
from builder.local.engine.parameters import call_parameter_count, call_stands, parameter_count
from builder.local.engine.statements import Explain, Query
from builder.local.engine.variables import Show
from builder.local.objects.cursors import Declare, Fetch
from builder.local.objects.prepared import ExecutePrepared
from builder.local.procedures import calls
from builder.local.procedures.grammar import Call
from builder.local.sql import types
from builder.local.wire.results import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.backend import Session
    from builder.local.engine.statements import Statement


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A statement ready to run, with what its client is told before. `columns` None: it returns no rows."""

    statement: Statement
    parameters: tuple[int, ...]
    columns: tuple[Column, ...] | None
    settled: trees.Settled | None = None


def prepare(session: Session, statement: Statement, parameters: Sequence[int]) -> Prepared:
    """Raises SqlError for what can be known before the values are. `parameters` are OIDs, 0 for an unknown one."""
    count = max(len(parameters), _count(statement))
    known = tuple(parameters) + (0,) * (count - len(parameters))
    if isinstance(statement, Query) and statement.returns_rows:
        session.check_failed(statement)
        settled = trees.settle(session, statement.tree, known)
        return Prepared(statement=statement, parameters=known, columns=settled.columns, settled=settled)
    columns = _columns(session, statement, parameters)
    return Prepared(statement=statement, parameters=known, columns=columns)


def _count(statement: Statement) -> int:
    if isinstance(statement, listings.Listing):
        return statement.parameters
    if isinstance(statement, Call):
        return call_parameter_count(statement)
    return parameter_count([statement.tree] if isinstance(statement, (Query, Declare)) else [])


def _columns(session: Session, statement: Statement, parameters: Sequence[int]) -> tuple[Column, ...] | None:
    if isinstance(statement, (Show, Explain)):
        name = statement.name if isinstance(statement, Show) else explain.HEADING
        return (Column(name=name, type=types.of("varchar")),)
    if not isinstance(statement, (Fetch, ExecutePrepared, Call, listings.Listing)):
        return None
    session.check_failed(statement)
    if isinstance(statement, Call):
        return calls.columns(session, call_stands(statement, parameters))
    if isinstance(statement, (Fetch, ExecutePrepared)):
        return cursors.columns(session, statement)
    return listings.columns(session, statement)
