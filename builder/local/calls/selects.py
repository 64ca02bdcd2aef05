"""A SELECT that calls external functions: its calls, which of them decide its rows, its items, columns and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql.outputs import unalias
from builder.local.sql.resolve import ExternalCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.local.calls.inner import Inner


def calls(tree: exp.Expr) -> Iterator[ExternalCall]:
    """Calls, those in the arguments of others first."""
    yield from reversed(list(tree.find_all(ExternalCall)))


def volatile(call: ExternalCall) -> bool:
    """Whether its arguments have another value each time: PostgreSQL, pg_proc.provolatile of random."""
    return any(node.name.lower() == "random" for node in call.find_all(exp.Anonymous))


def items(select: exp.Select, inner: Inner) -> Iterator[exp.Expr]:
    for item in select.expressions:
        if _is_star(item):
            yield from inner.star(item)
        else:
            yield exp.alias_(inner.pull(unalias(item)), item.alias_or_name, quoted=True)


def named(outer: exp.Select, inner: Inner) -> Iterator[exp.Expr]:
    """The select list with its names fixed and its stars spelled out, before its columns get other names."""
    for item in outer.expressions:
        if _is_star(item):
            yield from inner.star(item)
        elif isinstance(item, exp.Alias):
            yield item.copy()
        else:
            yield exp.alias_(item.copy(), item.alias_or_name, quoted=True)


def _is_star(item: exp.Expr) -> bool:
    return isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))


def decides(call: ExternalCall, select: exp.Select) -> bool:
    node: exp.Expr = call
    while node.parent is not None and node.parent is not select:
        if isinstance(node, (exp.AggFunc, exp.Window)):
            return True
        node = node.parent
    return isinstance(node, (exp.AggFunc, exp.Window)) or node.arg_key in {
        "where",
        "joins",
        "group",
        "from_",
        "laterals",
    }


def grouped_alike(call: ExternalCall, text: str, select: exp.Select) -> bool:
    """The select list repeats what GROUP BY has: it is the same value, whatever the function's volatility."""
    return select.args.get("group") is not None and repr(call) == text


def sources(select: exp.Select) -> set[str]:
    tables = [select.args.get("from_"), *(select.args.get("joins") or []), *(select.args.get("laterals") or [])]
    return {table.this.alias_or_name for table in tables if table is not None}


def columns_of(outer: exp.Select, sources: set[str], aliases: set[str]) -> Iterator[exp.Column]:
    """Columns of the rows that the upper half uses; in a subquery only those that say so by their table's name."""
    for column in list(outer.find_all(exp.Column)):
        if isinstance(column.this, exp.Star) or column.find_ancestor(exp.Column) is not None:
            continue
        first = column.parts[0].name if len(column.parts) > 1 else ""
        below = column.find_ancestor(exp.Query) is not outer
        if below and first not in sources:
            continue
        key = column.find_ancestor(exp.Order)
        if not first and column.name in aliases and key is not None and key.parent is outer:
            continue
        if len(column.parts) == 1 and _fresh(column):
            continue
        yield column


def _fresh(column: exp.Column) -> bool:
    """Already one of ours: what a star was spelled out to."""
    return column.meta_get("kept") is True


def read_once(select: exp.Select) -> bool:
    """Whether a statement reads this SELECT's rows in one place, one time: at its top, or in FROM on the way there."""
    node: exp.Expr = select
    while (parent := node.parent) is not None:
        into = isinstance(parent, (exp.Insert, exp.Create)) and node.arg_key == "expression"
        under = isinstance(parent, exp.Select) and node.arg_key in {"from_", "joins"}
        if not (into or under or isinstance(parent, (exp.From, exp.Join, exp.Subquery, exp.SetOperation))):
            return False
        node = parent
    return isinstance(node, (exp.Query, exp.Insert, exp.Create))
