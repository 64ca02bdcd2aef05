"""Takes the calls of external functions out of a statement.

A SELECT that calls one is run in steps: its rows, with everything the calls need, go into a temporary relation; the
calls are answered for it in batches; and the SELECT is put back over rows and answers, which stand side by side in
the same order. So a call is made once for every row that counts, in batches as large as Redshift's.

Calls that decide which rows there are (in WHERE, ON, GROUP BY, inside an aggregate or a window) are answered first,
over the rows before that; calls in the select list over what is left. A call whose arguments are constant is made
once (Redshift, "Scalar Lambda UDFs": `WHERE a*b = lambda_multiply(2, 32)` calls it only once). CASE and COALESCE
guard the calls in their branches: a row for which a branch does not count is not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.calls import writes
from builder.local.calls.inner import Bench, Inner, Rows, conjoined
from builder.local.calls.lookups import Lookups
from builder.local.calls.ordering import late, order, spell_groups
from builder.local.calls.recursion import refers, unrolled
from builder.local.calls.selects import (
    calls,
    columns_of,
    decides,
    grouped_alike,
    items,
    named,
    read_once,
    sources,
    volatile,
)
from builder.local.calls.streams import Call
from builder.local.sql.dialect import quoted, render
from builder.local.sql.resolve import ExternalCall
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from builder.local.objects.functions import Function

Ctes = tuple[exp.CTE, ...]


def stage(tree: exp.Expr, externals: dict[int, Function], bench: Bench) -> exp.Expr:
    """The statement without ExternalCall nodes; the relations that stand for them are filled when this returns."""
    if tree.find(ExternalCall) is None:
        return tree
    work = _Stage(externals, bench)
    work.constants(tree)
    if isinstance(tree, exp.Update):
        writes.update(tree)
    elif isinstance(tree, exp.Delete):
        writes.delete(tree)
    tree = work.query(tree, ())
    if tree.find(ExternalCall) is not None:
        raise unsupported("an external function in this place of the statement")
    return tree


class _Stage:
    def __init__(self, externals: dict[int, Function], bench: Bench) -> None:
        self.externals = externals
        self.bench = bench
        self.position = 0

    def query(self, node: exp.Expr, ctes: Ctes) -> exp.Expr:
        """From the innermost SELECT outwards, CTEs first and in their order."""
        with_ = node.args.get("with_")
        if isinstance(with_, exp.With):
            for cte in with_.expressions:
                if with_.recursive and cte.find(ExternalCall) is not None and refers(cte):
                    cte.set("this", unrolled(cte, ctes, self.bench, self.externals, self.query))
                else:
                    cte.set("this", self.query(cte.this, ctes))
                ctes = (*ctes, cte)
        # FROM comes first: what a subquery elsewhere looks up is looked up in it.
        for child in sorted(node.iter_expressions(), key=lambda each: each.arg_key not in {"from_", "joins"}):
            if not isinstance(child, exp.With) and child.find(ExternalCall) is not None:
                settled = self.query(child, ctes)
                if settled is not child:
                    child.replace(settled)
        if isinstance(node, exp.Select) and next(calls(node), None) is not None:
            return self._nested(node, ctes) if node.parent_select is not None else self._select(node, ctes)
        return node

    def _nested(self, select: exp.Select, ctes: Ctes) -> exp.Select:
        """The statement was bound as a whole before: a name that is missing now belongs to a query around this one."""
        try:
            return self._select(select, ctes)
        except SqlError as error:
            outer = select.parent_select
            if error.code not in {"42703", "42P01"} or outer is None:
                raise
        self._lookups(ctes).correlated(select, outer)
        return select

    def _lookups(self, ctes: Ctes) -> Lookups:
        return Lookups(ctes, self.bench, lambda call, rows: self._answered(call, rows, {}), self._from)

    def _select(self, select: exp.Select, ctes: Ctes) -> exp.Select:
        with_ = select.args.get("with_")
        once = read_once(select)
        self._lookups(ctes).outer_joins(select)
        spell_groups(select, Inner(select, ctes, self.bench, rows_only=True))
        if any(decides(call, select) for call in calls(select)):
            select = self._lift(select, ctes, once=once)
        if next(calls(select), None) is not None:
            select = self._project(select, ctes, once=once)
        select.set("with_", with_)
        return select

    # Calls in the select list ---------------------------------------------------------------------------------------

    def _project(self, select: exp.Select, ctes: Ctes, *, once: bool) -> exp.Select:
        inner = Inner(select, ctes, self.bench, once=once)
        outer = exp.Select(expressions=list(items(select, inner)))
        conditions = [condition for name in ("having", "qualify") for condition in late(name, inner)]
        filters = conjoined([inner.pull(condition) for condition in conditions])
        outer.set("where", exp.Where(this=filters) if filters is not None else None)
        order(select, inner, outer)
        rows = inner.kept()
        known: dict[str, exp.Column] = {}
        while (call := next(calls(outer), None)) is not None:
            call.replace(self._answered(call, rows, known))
        outer.set("from_", self._from(rows))
        return outer

    def _from(self, rows: Rows) -> exp.From:
        """The rows with their answers."""
        name, *beside = self.bench.answer(rows.name, rows.calls)
        table = exp.Table(this=quoted(name))
        table.set("joins", [exp.Join(this=exp.Table(this=quoted(each)), method="POSITIONAL") for each in beside])
        return exp.From(this=table)

    def _answered(self, call: ExternalCall, rows: Rows, known: dict[str, exp.Column]) -> exp.Column:
        """The answer's column. Equal calls of a STABLE function share one."""
        function = self.externals[call.oid]
        arguments = tuple(render(argument) for argument in call.expressions)
        guard = render(call.args["guard"]) if call.args.get("guard") is not None else ""
        text = f"{call.oid}({', '.join(arguments)}) {guard}"
        if text not in known or function.volatility != "stable" or volatile(call):
            self.position += 1
            known[text] = rows.add(
                Call(
                    function=function,
                    arguments=arguments,
                    guard=guard,
                    position=self.position,
                    answer=f"_rs_v{self.position}",
                )
            )
        return known[text].copy()

    # Calls that decide which rows there are -------------------------------------------------------------------------

    def _lift(self, select: exp.Select, ctes: Ctes, *, once: bool) -> exp.Select:
        """The rows as FROM and the plain part of WHERE give them, with every column that is used above them.

        Everything else of the SELECT stands on top, and may still call in its select list.
        """
        inner = Inner(select, ctes, self.bench, rows_only=True, once=once)
        late = inner.split()
        outer = select.copy()
        for name in ("from_", "joins", "laterals", "with_", "where"):
            outer.set(name, None)
        if late:
            outer.set("where", exp.Where(this=conjoined(late)))
        from_here = sources(select)
        aliases = {item.alias for item in select.expressions if isinstance(item, exp.Alias)}
        outer.set("expressions", list(named(outer, inner)))
        for column in list(columns_of(outer, from_here, aliases)):
            column.replace(inner.column(column))
        rows = inner.kept()
        known: dict[str, exp.Column] = {}
        while (call := next((each for each in calls(outer) if decides(each, outer)), None)) is not None:
            text = repr(call)
            answer = self._answered(call, rows, known)
            for equal in [each for each in calls(outer) if each is call or grouped_alike(each, text, outer)]:
                equal.replace(answer.copy())
        outer.set("from_", self._from(rows))
        return outer

    # Constants ------------------------------------------------------------------------------------------------------

    def constants(self, tree: exp.Expr) -> None:
        """Answers calls of constants, innermost first, and puts the value's place for them."""
        while (call := next((each for each in calls(tree) if self._constant(each)), None)) is not None:
            rows = Rows(name=self.bench.keep("SELECT 1", once=False))
            value = exp.Select(expressions=[self._answered(call, rows, {})], from_=self._from(rows))
            answer = exp.Subquery(this=value)
            answer.meta["constant"] = True
            call.replace(answer)

    def _constant(self, call: ExternalCall) -> bool:
        stable = self.externals[call.oid].volatility == "stable" or call.find_ancestor(exp.Values) is not None
        parts = [node for node in call.walk(prune=_is_answer) if not _is_answer(node)]
        varies = any(isinstance(node, (exp.Column, exp.Query, exp.AggFunc, exp.Window)) for node in parts)
        return stable and not varies and not volatile(call) and call.find_ancestor(exp.Case, exp.Coalesce) is None


def _is_answer(node: exp.Expr) -> bool:
    """Whether it stands for a call of constants that was answered."""
    return bool(node.meta_get("constant"))
