"""Runs each kind of statement on a session, and gives the tag that clients expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from builder.local.copying import load, unload
from builder.local.copying.grammar import Copy, Unload
from builder.local.engine import authority, cursors, explain, listings, outside, statements, trees, variables
from builder.local.engine.authority import Authorization
from builder.local.engine.parameters import call_with, with_values
from builder.local.engine.variables import Set, Show
from builder.local.objects import autos, define, drop, guard, materialized
from builder.local.objects.accounts import Account, DropAccount
from builder.local.objects.alter import AlterColumns
from builder.local.objects.comments import Comment, comment
from builder.local.objects.cursors import CloseCursor, Declare, Fetch, Lock
from builder.local.objects.functions import CreateFunction, DropFunction
from builder.local.objects.materialized import CreateMaterialized, DropMaterialized, Refresh
from builder.local.objects.merge import MergeRows
from builder.local.objects.owners import AlterOwner
from builder.local.objects.prepared import Deallocate, ExecutePrepared, Prepare
from builder.local.objects.privileges import DefaultPrivileges, Grant, GrantRole
from builder.local.objects.schemas import CreateSchema, CreateView, Drop
from builder.local.objects.tables import CreateTable
from builder.local.procedures import calls, catalog
from builder.local.procedures.grammar import Call, CreateProcedure, DropProcedure
from builder.local.sql import dialect
from builder.local.sqlstate import SqlError
from builder.local.wire.results import Result, data_rows, encoders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlglot import exp

    from builder.local.engine.backend import Session
    from builder.local.engine.prepare import Prepared


# What changes rows, and no name, type or right.
_ROWS_ONLY = frozenset({"INSERT", "UPDATE", "DELETE"})


def run(session: Session, prepared: Prepared, values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    """One statement. A result with rows is drained by the caller."""
    statement = prepared.statement
    if isinstance(statement, statements.Query) and (statement.returns_rows or statement.verb in _ROWS_ONLY):
        return _other(session, prepared, values, formats)
    # What others have settled so far may be seen otherwise from now on; and what they settle meanwhile, behind it.
    session.engine.changed()
    try:
        return _other(session, prepared, values, formats)
    finally:
        session.engine.changed()


def _other(session: Session, prepared: Prepared, values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    statement = prepared.statement
    runner = _RESULTS.get(type(statement))
    if runner is not None:
        return runner(session, prepared, values, formats)
    if isinstance(statement, _DEFINING):
        with session.atomically():
            guard.check(session, statement)
            tag = _RUN[type(statement)](session, statement)
            guard.keep(session, statement)
        return Result(tag=tag)
    return Result(tag=_RUN[type(statement)](session, statement))


def _query(session: Session, prepared: Prepared, values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    statement: statements.Query = prepared.statement  # type: ignore[assignment]  # by the table below
    tree = with_values(statement.tree, values)
    if prepared.settled is not None:
        return _select(session, tree, prepared.settled, formats)
    return _write(session, tree, statement.verb)


def _declare(session: Session, prepared: Prepared, values: Sequence[exp.Expr], _formats: Sequence[int]) -> Result:
    statement: Declare = prepared.statement  # type: ignore[assignment]  # by the table below
    return Result(tag=cursors.declare(session, with_values(statement.tree, values), statement))


def _fetch(session: Session, prepared: Prepared, _values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    statement: Fetch = prepared.statement  # type: ignore[assignment]  # by the table below
    return cursors.fetch(session, statement, formats)


def _execute(session: Session, prepared: Prepared, _values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    statement: ExecutePrepared = prepared.statement  # type: ignore[assignment]  # by the table below
    wanted = cursors.prepared(session, statement.name)
    if wanted is None:
        return Result(tag="EXECUTE")
    return run(session, wanted, cursors.arguments(statement, wanted), formats)


def _select(session: Session, tree: exp.Expr, settled: trees.Settled, formats: Sequence[int]) -> Result:
    columns = settled.columns
    caller = outside.caller(session)

    def chunks() -> Iterator[tuple[bytes, int]]:
        try:
            with caller.told():
                query = trees.query(session, tree, caller, settled)
                yield from session.rows(query, columns, formats)
        finally:
            outside.clean(caller)

    return Result(tag="SELECT", columns=columns, chunks=chunks())


def _write(session: Session, tree: exp.Expr, verb: str) -> Result:
    autos.check_write(session, tree)
    caller = outside.caller(session)
    try:
        with caller.told(), guard.renaming(session, tree):
            count = session.duck.run(dialect.render(trees.translated(session, tree, caller)))
    finally:
        outside.clean(caller)
    counted = {"INSERT": f"INSERT 0 {count}", "UPDATE": f"UPDATE {count}", "DELETE": f"DELETE {count}"}
    return Result(tag=counted.get(verb, verb))


def _merge(session: Session, statement: MergeRows) -> str:
    """Raises SqlError 42601 where the tables have not the same number of columns."""
    widths = [len(trees.describe(session, statement.rows(table), ())) for table in (statement.target, statement.source)]
    if widths[0] != widths[1]:
        raise SqlError("42601", f"MERGE: target and source must have the same columns, not {widths[0]} and {widths[1]}")
    with session.atomically():
        _write(session, statement.matched, "DELETE")
        _write(session, statement.anew, "INSERT")
    return "MERGE"


def _show(session: Session, prepared: Prepared, _values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    statement: Show = prepared.statement  # type: ignore[assignment]  # by the table below
    columns = prepared.columns or ()
    value = ", ".join(session.path.written) if statement.name == "search_path" else None
    text = value if value is not None else variables.shown(statement.name, session.variables)
    encoder = encoders(columns, formats, session.protocol)
    return Result(tag="SHOW", columns=columns, chunks=iter([(data_rows([(text,)], encoder), 1)]))


def _listing(session: Session, prepared: Prepared, values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    statement: listings.Listing = prepared.statement  # type: ignore[assignment]  # by the table below
    return listings.rows(session, statement, values, formats)


def _nothing(_session: Session, statement: statements.Nothing) -> str:
    return statement.tag


def _call(session: Session, prepared: Prepared, values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    statement: Call = prepared.statement  # type: ignore[assignment]  # by the table below
    return calls.call(session, call_with(statement, values) if values else statement, formats)


def _explain(session: Session, prepared: Prepared, _values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    statement: statements.Explain = prepared.statement  # type: ignore[assignment]  # by the table below
    lines = [(line,) for line in explain.lines(session, statement.tree)]
    columns = prepared.columns or ()
    rows = data_rows(lines, encoders(columns, formats, session.protocol))
    return Result(tag="EXPLAIN", columns=columns, chunks=iter([(rows, len(lines))]))


def _begin(session: Session, _statement: statements.Begin) -> str:
    session.begin()
    return "BEGIN"


def _commit(session: Session, _statement: statements.Commit) -> str:
    return session.commit()


def _rollback(session: Session, _statement: statements.Rollback) -> str:
    session.rollback()
    return "ROLLBACK"


def _set(session: Session, statement: Set) -> str:
    variables.check(statement)
    if statement.name == "search_path":
        session.path.set(tuple(name.lower() for name in statement.values) or variables.DEFAULT_PATH)
    elif statement.values:
        session.variables[statement.name] = ", ".join(statement.values)
    else:
        session.variables.pop(statement.name, None)
    return "SET"


_DEFINING = (
    CreateSchema,
    CreateFunction,
    DropFunction,
    CreateProcedure,
    DropProcedure,
    CreateTable,
    CreateView,
    CreateMaterialized,
    DropMaterialized,
    Drop,
)
_RESULTS: dict[type[Any], Callable[[Session, Prepared, Sequence[exp.Expr], Sequence[int]], Result]] = {
    statements.Query: _query,
    Declare: _declare,
    Fetch: _fetch,
    ExecutePrepared: _execute,
    Show: _show,
    listings.Listing: _listing,
    Call: _call,
    statements.Explain: _explain,
}
_RUN: dict[type[Any], Callable[[Session, Any], str]] = {
    statements.Begin: _begin,
    statements.Commit: _commit,
    statements.Rollback: _rollback,
    statements.Nothing: _nothing,
    Set: _set,
    CreateSchema: define.create_schema,
    CreateFunction: define.create_function,
    DropFunction: drop.drop_function,
    Account: authority.account,
    DropAccount: authority.drop_account,
    Grant: authority.grant,
    GrantRole: authority.grant_role,
    DefaultPrivileges: authority.default_privileges,
    AlterOwner: authority.alter_owner,
    Authorization: authority.authorize,
    CreateTable: define.create_table,
    CreateView: define.create_view,
    Drop: drop.drop_object,
    CloseCursor: cursors.close,
    Lock: cursors.lock,
    Prepare: cursors.prepare,
    Deallocate: cursors.deallocate,
    Copy: load.copy,
    Unload: unload.unload,
    AlterColumns: define.alter_columns,
    Comment: comment,
    CreateProcedure: catalog.create,
    DropProcedure: catalog.drop,
    CreateMaterialized: materialized.create,
    Refresh: materialized.refresh,
    MergeRows: _merge,
    DropMaterialized: materialized.drop,
}
