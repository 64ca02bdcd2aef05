"""Answers that are looked up by their arguments, where rows cannot be answered before the statement is whole.

In the condition of an outer join and in a correlated subquery a call belongs to pairs of rows that no query gives by
itself. So it is made once for each different list of the columns that it needs, and the place of the call looks its
answer up. DuckDB makes joins of these lookups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.calls.inner import Inner, Rows, conjoined, conjuncts
from builder.local.sql.dialect import quoted
from builder.local.sql.resolve import ExternalCall
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from builder.local.calls.inner import Bench

    Answered = Callable[[ExternalCall, Rows], exp.Column]
    Standing = Callable[[Rows], exp.From]

# Redshift's words, for what it cannot decorrelate ("Correlated subqueries").
PATTERN = "This type of correlated subquery pattern is not supported yet"
# PostgreSQL's, from which Redshift comes: a condition over both sides is not one of equal values.
FULL = "FULL JOIN is only supported with merge-joinable join conditions"


class Lookups:
    """For one SELECT. `answered` adds a call to rows, `standing` gives the rows with their answers as a FROM clause."""

    def __init__(self, ctes: Sequence[exp.CTE], bench: Bench, answered: Answered, standing: Standing) -> None:
        self.ctes = ctes
        self.bench = bench
        self.answered = answered
        self.standing = standing

    # Correlated subqueries ------------------------------------------------------------------------------------------

    def correlated(self, select: exp.Select, outer: exp.Select) -> None:
        """Puts lookups in the place of all calls. Raises SqlError 0A000 for a pattern that Redshift refuses too."""
        join = select.find_ancestor(exp.Join, exp.Select)
        if isinstance(join, exp.Join) and join.side:
            raise SqlError("0A000", PATTERN)
        own = _sources(select)
        around = _sources(outer)
        both = _sources(outer)
        first = [exp.Join(this=own.args["from_"].this.copy(), kind="CROSS")] if own.args.get("from_") else []
        more = [each.copy() for each in own.args.get("joins", [])]
        both.set("joins", [*both.args.get("joins", []), *first, *more])
        both.set("where", _plain(select.args.get("where")))
        for call in _calls(select):
            if call.find(exp.AggFunc) is None:
                call.replace(self._looked_up(call, (own, around, both)))
        if _calls(select):
            _hoist(select)

    def _looked_up(self, call: ExternalCall, domains: Iterable[exp.Select]) -> exp.Expr:
        table = self._table(call, domains)
        if table is None:
            raise SqlError("0A000", PATTERN)
        return table.scalar()

    def _table(self, call: ExternalCall, domains: Iterable[exp.Select]) -> _Table | None:
        """The answers for all different columns of the first domain that has them; None where none has."""
        columns = _columns(call)
        if not columns:
            domains = (exp.Select(),)
        for domain in domains:
            inner = Inner(domain, self.ctes, self.bench, rows_only=True)
            inner.select.set("distinct", exp.Distinct() if columns else None)
            places = {repr(column): inner.column(column) for column in columns}
            if inner.binds():
                break
        else:
            return None
        rows = inner.kept()
        copy = call.copy()
        for column in _columns(copy):
            column.replace(places[repr(column)].copy())
        answer = self.answered(copy, rows)
        return _Table(name=rows.name, columns=columns, places=places, answer=answer, rows=self.standing(rows))

    # Outer joins ----------------------------------------------------------------------------------------------------

    def outer_joins(self, select: exp.Select) -> None:
        """Calls in the conditions of outer joins, and of joins whose rows a later outer join fills up with NULLs."""
        joins: list[exp.Join] = select.args.get("joins") or []
        for join in list(joins):
            condition = join.args.get("on")
            later = joins[joins.index(join) + 1 :]
            filled = any(each.side in {"RIGHT", "FULL"} for each in later)
            if condition is None or not (join.side or filled):
                continue
            while calls := _calls(join.args["on"]):
                self._in_join(calls[0], join, select)

    def _in_join(self, call: ExternalCall, join: exp.Join, select: exp.Select) -> None:
        before = select.args["joins"][: select.args["joins"].index(join)]
        sources = [select.args["from_"].this, *(each.this for each in before), join.this]
        pairs = _sources(select)
        plain = _plain(join) or exp.Where(this=exp.true())
        pairs.set("joins", [*[each.copy() for each in before], exp.Join(this=join.this.copy(), on=plain.this)])
        alone = [exp.Select(from_=exp.From(this=source.copy())) for source in sources]
        table = self._table(call, [*alone, pairs])
        if table is None:
            raise SqlError("0A000", PATTERN)
        right = exp.Select(from_=exp.From(this=join.this.copy()))
        here = [column for column in table.columns if self._has(right, column)]
        there = [column for column in table.columns if column not in here]
        if here and there and join.side == "FULL":
            raise SqlError("0A000", FULL)
        condition = join.args["on"]
        call.replace(table.column())
        if there and (not here or join.side == "RIGHT"):
            _before(join, table.joined(there, side="" if here else "LEFT"), select)
            far = here
        else:
            _under(join, table.joined(here, side="" if there else "LEFT"))
            far = there
        # Each pair of rows finds one answer; a side's own answer stands beside each of its rows.
        join.set("on", conjoined([*map(table.same, far), exp.paren(condition.copy())]))
        for item in select.expressions:
            if isinstance(item, exp.Star):
                item.set("except_", [*(item.args.get("except_") or []), *table.names()])

    def _has(self, domain: exp.Select, column: exp.Column) -> bool:
        inner = Inner(domain, self.ctes, self.bench, rows_only=True)
        inner.column(column)
        return inner.binds()


class _Table:
    """A relation of columns and answers."""

    def __init__(
        self, *, name: str, columns: list[exp.Column], places: dict[str, exp.Column], answer: exp.Column, rows: exp.From
    ) -> None:
        self.alias = f"{name}_l"
        self.columns = columns
        self.places = places
        self.answer = answer
        self.rows = rows

    def _key(self, index: int) -> str:
        return f"{self.alias}{index}"

    def names(self) -> list[exp.Identifier]:
        return [quoted(self._key(index)) for index in range(len(self.columns))] + [quoted(f"{self.alias}v")]

    def column(self) -> exp.Column:
        """The answer, where the relation stands in FROM."""
        return exp.column(quoted(f"{self.alias}v"), quoted(self.alias))

    def same(self, column: exp.Column) -> exp.Expr:
        """That a column is the one that an answer is for; NULL is a value here."""
        return exp.NullSafeEQ(this=_ours(self._key(self.columns.index(column)), self.alias), expression=column.copy())

    def joined(self, columns: Sequence[exp.Column], *, side: str) -> exp.Join:
        """The relation beside the rows that have these columns."""
        condition = conjoined(list(map(self.same, columns))) or exp.true()
        return exp.Join(this=self.relation(), on=condition, side=side or None)

    def relation(self) -> exp.Subquery:
        keys = [
            exp.alias_(_marked(self.places[repr(column)].copy()), self._key(index), quoted=True)
            for index, column in enumerate(self.columns)
        ]
        value = exp.alias_(_marked(self.answer.copy()), f"{self.alias}v", quoted=True)
        select = exp.Select(expressions=[*keys, value], from_=self.rows.copy())
        return exp.Subquery(this=select, alias=exp.TableAlias(this=quoted(self.alias)))

    def scalar(self) -> exp.Subquery:
        select = exp.Select(expressions=[_marked(self.column())], from_=exp.From(this=self.relation()))
        conditions = conjoined([self.same(column) for column in self.columns])
        if conditions is not None:
            select.set("where", exp.Where(this=conditions))
        return exp.Subquery(this=select)


def _before(join: exp.Join, new: exp.Join, select: exp.Select) -> None:
    joins = list(select.args["joins"])
    joins.insert(joins.index(join), new)
    select.set("joins", joins)


def _under(join: exp.Join, new: exp.Join) -> None:
    """On the join's own right side, as `JOIN (b JOIN new ON ...) ON ...`."""
    filled = join.this.copy()
    filled.set("joins", [*(filled.args.get("joins") or []), new])
    join.set("this", exp.Subquery(this=filled))


def _hoist(select: exp.Select) -> None:
    """`(SELECT f(MAX(x)) FROM ...)` as `f((SELECT MAX(x) FROM ...))`: the call then belongs to the query around it."""
    place = select.parent
    grouped = any(select.args.get(name) is not None for name in ("group", "having", "limit", "offset", "qualify"))
    elsewhere = any(call.find_ancestor(exp.Where, exp.Join) is not None for call in _calls(select))
    scalar = isinstance(place, exp.Subquery) and not isinstance(place.parent, (exp.From, exp.Join, exp.In, exp.Exists))
    if grouped or elsewhere or not scalar or len(select.expressions) != 1 or place is None:
        raise SqlError("0A000", PATTERN)
    item = select.expressions[0]
    whole = exp.Paren(this=(item.this if isinstance(item, exp.Alias) else item).copy())
    for aggregate in list(whole.find_all(exp.AggFunc)):
        alone = select.copy()
        alone.set("expressions", [aggregate.copy()])
        aggregate.replace(exp.Subquery(this=alone))
    place.replace(whole)


def _sources(select: exp.Select) -> exp.Select:
    """A SELECT's FROM and joins alone."""
    made = exp.Select()
    for name in ("from_", "joins", "laterals"):
        value = select.args.get(name)
        if value:
            made.set(name, [each.copy() for each in value] if isinstance(value, list) else value.copy())
    return made


def _plain(clause: exp.Expr | None) -> exp.Where | None:
    """The conditions of a WHERE, or of a join, that neither call nor ask."""
    condition = None if clause is None else clause.this if isinstance(clause, exp.Where) else clause.args.get("on")
    if condition is None:
        return None
    whole = conjoined([each for each in conjuncts(condition) if each.find(ExternalCall, exp.Query) is None])
    return None if whole is None else exp.Where(this=whole)


def _calls(node: exp.Expr) -> list[ExternalCall]:
    """The innermost first."""
    return list(reversed(list(node.find_all(ExternalCall))))


def _columns(call: ExternalCall) -> list[exp.Column]:
    """The columns of the user's that its arguments have, each once."""
    found: dict[str, exp.Column] = {}
    for column in call.find_all(exp.Column):
        if not column.meta_get("kept"):
            found.setdefault(repr(column), column)
    return list(found.values())


def _marked(column: exp.Column) -> exp.Column:
    column.meta["kept"] = True
    return column


def _ours(name: str, table: str) -> exp.Column:
    return _marked(exp.column(quoted(name), quoted(table)))
