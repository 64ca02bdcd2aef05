"""The clauses of a SELECT that stay below, with its rows, or move above, to the answers: ORDER BY, LIMIT, HAVING."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.calls.inner import parted
from builder.local.sql.outputs import unalias
from builder.local.sql.resolve import ExternalCall

if TYPE_CHECKING:
    from builder.local.calls.inner import Inner


def late(name: str, inner: Inner) -> list[exp.Expr]:
    """Conditions of HAVING or QUALIFY with calls; the others stay with the rows."""
    clause = inner.select.args.get(name)
    if clause is None:
        return []
    early, late = parted(clause.this)
    inner.select.set(name, type(clause)(this=early) if early is not None else None)
    return late


def order(select: exp.Select, inner: Inner, outer: exp.Select) -> None:
    """ORDER BY and LIMIT stay with the rows where they can, so that fewer are sent. DISTINCT is over the answers."""
    order = select.args.get("order")
    keys = [key.copy() for key in order.expressions] if order else []
    for key in keys:
        key.set("this", meant(key.this, select))
    distinct = select.args.get("distinct")
    moved = distinct is not None or any(key.find(ExternalCall) is not None for key in keys)
    if moved:
        items = {repr(unalias(item)): index + 1 for index, item in enumerate(outer.expressions)}
        for key in keys:
            pulled = inner.pull(key.this)
            place = items.get(repr(pulled))
            key.set("this", exp.Literal.number(place) if place else pulled)
    target = outer if moved else inner.select
    outer.set("distinct", distinct.copy() if distinct is not None else None)
    target.set("order", exp.Order(expressions=keys) if keys else None)
    for name in ("limit", "offset"):
        clause = select.args.get(name)
        target.set(name, clause.copy() if clause is not None else None)


def meant(node: exp.Expr, select: exp.Select) -> exp.Expr:
    """What a key of ORDER BY stands for: a place or an alias of the select list, or itself."""
    if isinstance(node, exp.Literal) and node.is_int and 1 <= int(node.name) <= len(select.expressions):
        return unalias(select.expressions[int(node.name) - 1]).copy()
    if isinstance(node, exp.Column) and not node.table:
        for item in select.expressions:
            if isinstance(item, exp.Alias) and item.alias == node.name:
                return unalias(item).copy()
    return node


def spell_groups(select: exp.Select, inner: Inner) -> None:
    """GROUP BY's places and aliases as the expressions that they stand for."""
    group = select.args.get("group")
    if group is None:
        return
    for key in list(group.expressions):
        if isinstance(key, exp.Column) and (key.table or inner.has(key)):
            continue
        spelled = meant(key, select)
        if spelled is not key:
            key.replace(spelled)
