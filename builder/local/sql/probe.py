"""The types of a call's arguments, where only binding can tell: asked of DuckDB by a SELECT that is never run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql.overloads import UNKNOWN, written
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from builder.local.sql.types import Type

    # Gives the types of a SELECT's columns; raises SqlError where it does not bind.
    Binder = Callable[[exp.Select], Sequence[Type]]


def given(node: exp.Anonymous, bind: Binder, parameters: Sequence[Type]) -> list[str]:
    """Of each argument, as `overloads.choose` takes them. `parameters` are those of a SQL function's body."""
    known = [_parameter(each, parameters) or written(each) for each in node.expressions]
    places = [index for index, each in enumerate(known) if not each]
    if places:
        found = _bound([node.expressions[index] for index in places], node, bind)
        for index, kind in zip(places, found, strict=True):
            known[index] = kind
    return known


def _parameter(argument: exp.Expr, parameters: Sequence[Type]) -> str:
    if isinstance(argument, exp.Parameter) and argument.name.isdigit():
        index = int(argument.name) - 1
        return parameters[index].name if 0 <= index < len(parameters) else ""
    return ""


def _bound(arguments: Sequence[exp.Expr], node: exp.Expr, bind: Binder) -> list[str]:
    """What does not bind by itself, as in some correlated subqueries, is taken for what is wanted."""
    if any(argument.find(exp.Parameter) is not None for argument in arguments):
        return [UNKNOWN] * len(arguments)
    found = _asked(_probe(arguments, node, outer=False), bind) or _asked(_probe(arguments, node, outer=True), bind)
    if found and len(found) != len(arguments):
        raise SqlError("42601", "a star is no argument of a function")
    return found or [UNKNOWN] * len(arguments)


def _asked(probe: exp.Select, bind: Binder) -> list[str]:
    try:
        return [kind.name for kind in bind(probe)]
    except SqlError:
        return []


def _probe(arguments: Sequence[exp.Expr], node: exp.Expr, *, outer: bool) -> exp.Select:
    """The arguments over the rows that they see; with `outer` also over those of the queries around."""
    made = exp.Select(expressions=[exp.alias_(each.copy(), f"a{index}") for index, each in enumerate(arguments)])
    ctes: dict[str, exp.Expr] = {}
    joins: list[exp.Expr] = []
    for level, query in enumerate(_around(node)):
        with_ = query.args.get("with_")
        for cte in with_.expressions if isinstance(with_, exp.With) else ():
            if node.find_ancestor(exp.CTE) is not cte:
                ctes.setdefault(cte.alias, cte.copy())
        if level == 0 or outer:
            joins += _sources(query)
    if joins:
        first, *others = joins
        made.set("from_", exp.From(this=first.this if isinstance(first, exp.Join) else first))
        made.set("joins", others)
    if ctes:
        made.set("with_", exp.With(expressions=list(ctes.values())))
    return made


def _around(node: exp.Expr) -> Iterator[exp.Expr]:
    """The SELECT, UPDATE or DELETE that a call stands in, and those around it."""
    query = node.find_ancestor(exp.Select, exp.Update, exp.Delete)
    while query is not None:
        yield query
        query = query.find_ancestor(exp.Select, exp.Update, exp.Delete)


def _sources(query: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(query, (exp.Update, exp.Delete)):
        yield exp.Join(this=query.this.copy(), kind="CROSS")
    source = query.args.get("from_")
    if source is not None:
        yield exp.Join(this=source.this.copy(), kind="CROSS")
    for join in [*(query.args.get("joins") or []), *(query.args.get("laterals") or [])]:
        made = join.copy()
        if isinstance(made, exp.Join) and made.args.get("on") is not None:
            made.set("on", exp.true())
        yield made
