"""Recursive CTEs that call: run step by step, as Redshift does, each step a query of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql.dialect import quoted, render
from builder.local.sql.resolve import ExternalCall
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from builder.local.calls.inner import Bench
    from builder.local.objects.functions import Function

    Ctes = tuple[exp.CTE, ...]
    Settle = Callable[[exp.Expr, Ctes], exp.Expr]


def refers(cte: exp.CTE) -> bool:
    """Whether a CTE reads itself."""
    return any(table.name == cte.alias and not table.db for table in cte.this.find_all(exp.Table))


def unrolled(cte: exp.CTE, ctes: Ctes, bench: Bench, externals: Mapping[int, Function], settle: Settle) -> exp.Expr:
    """All rows of a recursive CTE, as a query of a kept relation.

    Source: PostgreSQL, "Recursive Queries": the recursive term reads the rows of the step before, until there are none.
    """
    union = cte.this
    if not isinstance(union, exp.Union) or union.args.get("distinct"):
        what = f'recursive query "{cte.alias}" does not have the form non-recursive-term UNION ALL recursive-term'
        raise SqlError("42P19", what)
    names = [column.name for column in cte.args["alias"].args.get("columns") or ()]
    names = names or bench.width(_text(_typed(union.left.copy(), externals), ctes))
    everything = bench.keep(_shape(cte, ctes, externals), once=False)
    query = settle(union.left.copy(), ctes)
    known = ctes
    while True:
        step = bench.keep(_text(query, known), once=False)
        if not bench.append(everything, step):
            return _all_of(everything)
        known = (*ctes, _named(cte.alias, names, step))
        query = settle(union.right.copy(), known)


def _all_of(relation: str) -> exp.Select:
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=exp.Table(this=quoted(relation))))


def _named(name: str, columns: list[str], relation: str) -> exp.CTE:
    alias = exp.TableAlias(this=quoted(name), columns=list(map(quoted, columns)))
    return exp.CTE(this=_all_of(relation), alias=alias)


def _text(query: exp.Expr, ctes: Ctes) -> str:
    whole = query.copy()
    if ctes:
        own = whole.args.get("with_")
        whole.set("with_", exp.With(expressions=[*(cte.copy() for cte in ctes), *(own.expressions if own else ())]))
    return render(whole)


def _shape(cte: exp.CTE, ctes: Ctes, externals: Mapping[int, Function]) -> str:
    """A query of no rows with the columns and types of the whole."""
    select = exp.Select(expressions=[exp.Star()], from_=exp.From(this=exp.Table(this=quoted(cte.alias))))
    typed = _typed(cte.copy(), externals)
    select.set("with_", exp.With(expressions=[*(each.copy() for each in ctes), typed], recursive=True))
    select.set("limit", exp.Limit(expression=exp.Literal.number(0)))
    return render(select)


def _typed(tree: exp.Expr, externals: Mapping[int, Function]) -> exp.Expr:
    """With a value of its type for each call, which DuckDB cannot fold."""
    for call in reversed(list(tree.find_all(ExternalCall))):
        text = exp.Cast(this=exp.Anonymous(this="random"), to=exp.DataType.build("varchar", dialect="duckdb"))
        kind = exp.DataType.build(externals[call.oid].returns.duck, dialect="duckdb")
        call.replace(exp.Cast(this=text, to=kind))
    return tree
