"""A statement's tree on its way to DuckDB: names settled, types settled, external calls answered or stood in for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.calls.staging import stage
from builder.local.engine import virtual
from builder.local.engine.parameters import opaque, typed_stands
from builder.local.objects.access import Access
from builder.local.sql import dialect, translate, typed
from builder.local.sql.resolve import ExternalCall, Names, Resolved, resolve
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.calls.external import Caller
    from builder.local.engine.backend import Session
    from builder.local.wire.results import Column


def names(session: Session) -> Names:
    """What a tree's names mean to a session."""
    path = session.path
    return Names(
        database=session.engine.name,
        user=session.user,
        current_schema=lambda: path.current_schema,
        lookup=lambda schema, name: session.catalog.overloads(path.schemas(schema), name),
        view=lambda schema, name: session.catalog.view(path.schemas(schema), name),
        bind=lambda found: [column.type for column in _bound(session, found)],
        access=Access(duck=session.duck, user=session.user, search_path=path.names, system=translate.SYSTEM),
    )


@dataclass(kw_only=True)
class Settled:
    """What telling a query's columns has settled: not done anew when it runs, unless something has changed.

    `sql` is all of it, "" where external functions are called or the endpoint's memory is read: then `resolved` is what
    can be known before. Neither is there where it has parameters: their values settle it.
    """

    tree: exp.Expr
    parameters: tuple[int, ...]
    columns: tuple[Column, ...]
    change: object
    resolved: Resolved | None = None
    sql: str = ""

    def renew(self, session: Session) -> None:
        """Settles it anew where something has changed. Raises SqlError 0A000 where it gives other columns then: its
        client was told these.
        """
        if self.change is session.engine.change:
            return
        found = settle(session, self.tree, self.parameters)
        if found.columns != self.columns:
            raise SqlError("0A000", "cached plan must not change result type", hint="prepare the statement anew")
        self.change, self.resolved, self.sql = found.change, found.resolved, found.sql


def query(session: Session, tree: exp.Expr, caller: Caller, settled: Settled) -> str:
    """DuckDB's SQL of a query, `tree` with its values; calls of external functions are answered on the way."""
    settled.renew(session)
    if settled.sql:
        return settled.sql
    known = settled.resolved
    if known is None:
        return dialect.render(translated(session, tree, caller))
    return dialect.render(_answered(session, replace(known, tree=known.tree.copy()), caller))


def translated(session: Session, tree: exp.Expr, caller: Caller) -> exp.Expr:
    """A tree that DuckDB can run; calls of external functions are answered on the way."""
    return _answered(session, resolve(tree, names(session)), caller)


def _answered(session: Session, resolved: Resolved, caller: Caller) -> exp.Expr:
    virtual.fill(session, resolved.tree)
    settled = _settled(session, resolved.tree, resolved)
    translate.check_parameters(settled)
    return stage(settled, resolved.externals, caller)


def rendered(session: Session, tree: exp.Expr) -> str:
    """DuckDB's SQL of a statement, with values that cannot be known in place of external calls."""
    return _without_calls(session, resolve(tree, names(session)))


def describe(session: Session, tree: exp.Expr, parameters: Sequence[int]) -> list[Column]:
    """A query's columns. A parameter without a type is taken for a text, and where none can stand, for NULL."""
    try:
        return _described(session, tree, parameters, exp.Literal.string(""))
    except SqlError:
        if tree.find(exp.Parameter) is None:
            raise
    return _described(session, tree, parameters, exp.null())


def settle(session: Session, tree: exp.Expr, parameters: Sequence[int]) -> Settled:
    """A query's columns, and what it took to know them."""
    change = session.engine.change
    if parameters:
        found = tuple(describe(session, tree, parameters))
        return Settled(tree=tree, parameters=tuple(parameters), columns=found, change=change)
    resolved = resolve(tree.copy(), names(session))
    fixed = not resolved.externals and not virtual.wanted(resolved.tree)
    # To know its columns changes the tree: it is kept where it is wanted again.
    known = None if fixed else replace(resolved, tree=resolved.tree.copy())
    sql = _without_calls(session, resolved)
    return Settled(
        tree=tree,
        parameters=(),
        columns=tuple(session.duck.describe(sql)),
        change=change,
        resolved=known,
        sql=sql if fixed else "",
    )


def _described(session: Session, tree: exp.Expr, parameters: Sequence[int], unknown: exp.Expr) -> list[Column]:
    return _bound(session, resolve(typed_stands(tree.copy(), parameters, unknown), names(session)))


def _bound(session: Session, resolved: Resolved) -> list[Column]:
    """Of a query whose names are settled; nothing is run."""
    return session.duck.describe(_without_calls(session, resolved))


def _without_calls(session: Session, resolved: Resolved) -> str:
    virtual.fill(session, resolved.tree)
    return dialect.render(_settled(session, _stood(resolved.tree, resolved), resolved))


def _stood(tree: exp.Expr, resolved: Resolved) -> exp.Expr:
    """The tree with something of its type for each call."""
    whole = exp.Paren(this=tree)
    for call in reversed(list(whole.find_all(ExternalCall))):
        call.replace(opaque(resolved.externals[call.oid].returns))
    stood: exp.Expr = whole.this
    return stood


def _settled(session: Session, tree: exp.Expr, resolved: Resolved) -> exp.Expr:
    """Translated, and with the types of operands known."""

    def describe(probe: exp.Expr) -> list[str]:
        bound = translate.translate(_stood(probe, resolved), names(session))
        return session.duck.types(dialect.render(bound))

    return typed.settle_types(translate.translate(tree, names(session)), describe)
