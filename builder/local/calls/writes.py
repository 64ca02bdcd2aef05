"""UPDATE and DELETE whose values or conditions call: rewritten so that a SELECT does the calling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql.dialect import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence


def update(statement: exp.Update) -> None:
    """The new values come from a SELECT that carries the row's id, and go back to the table by it."""
    target = statement.this
    alias = target.alias or target.name
    items: list[exp.Expr] = [_row_id(alias)]
    for index, setting in enumerate(statement.expressions):
        items.append(exp.alias_(setting.expression.copy(), f"_s{index}", quoted=True))
        setting.set("expression", exp.column(quoted(f"_s{index}"), quoted("_new")))
    more = statement.args.get("from_")
    select = _rows_of(target, [more.this] if more is not None else [], statement.args.get("where"), items)
    statement.set("from_", exp.From(this=exp.Subquery(this=select, alias=exp.TableAlias(this=quoted("_new")))))
    same = exp.EQ(this=_row_id(alias).this, expression=exp.column(quoted("_row"), quoted("_new")))
    statement.set("where", exp.Where(this=same))


def delete(statement: exp.Delete) -> None:
    target = statement.this
    items = [_row_id(target.alias or target.name)]
    select = _rows_of(target, statement.args.get("using") or [], statement.args.get("where"), items)
    statement.set("using", None)
    statement.set("where", exp.Where(this=exp.In(this=exp.column("rowid"), query=exp.Subquery(this=select))))


def _row_id(alias: str) -> exp.Expr:
    return exp.alias_(exp.column("rowid", quoted(alias)), "_row", quoted=True)


def _rows_of(target: exp.Expr, more: Sequence[exp.Expr], where: exp.Expr | None, items: list[exp.Expr]) -> exp.Select:
    select = exp.Select(expressions=items, from_=exp.From(this=target.copy()))
    select.set("joins", [exp.Join(this=table.copy()) for table in more])
    select.set("where", where.copy() if where is not None else None)
    return select
