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
from builder.local.calls.streams import Call
from builder.local.sql.dialect import quoted, render
from builder.local.sql.outputs import unalias
from builder.local.sql.resolve import ExternalCall
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        if any(_decides(call, select) for call in calls(select)):
            select = self._lift(select, ctes, once=once)
        if next(calls(select), None) is not None:
            select = self._project(select, ctes, once=once)
        select.set("with_", with_)
        return select

    # Calls in the select list ---------------------------------------------------------------------------------------

    def _project(self, select: exp.Select, ctes: Ctes, *, once: bool) -> exp.Select:
        inner = Inner(select, ctes, self.bench, once=once)
        outer = exp.Select(expressions=list(_items(select, inner)))
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
        if text not in known or function.volatility != "stable":
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
        sources = _sources(select)
        aliases = {item.alias for item in select.expressions if isinstance(item, exp.Alias)}
        outer.set("expressions", list(_named(outer, inner)))
        for column in list(_columns_of(outer, sources, aliases)):
            column.replace(inner.column(column))
        rows = inner.kept()
        known: dict[str, exp.Column] = {}
        while (call := next((each for each in calls(outer) if _decides(each, outer)), None)) is not None:
            text = repr(call)
            answer = self._answered(call, rows, known)
            for equal in [each for each in calls(outer) if each is call or _grouped_alike(each, text, outer)]:
                equal.replace(answer.copy())
        outer.set("from_", self._from(rows))
        return outer

    # Constants ------------------------------------------------------------------------------------------------------

    def constants(self, tree: exp.Expr) -> None:
        """Answers calls of constants, innermost first, and puts the value's place for them."""
        while (call := next((each for each in calls(tree) if self._constant(each)), None)) is not None:
            rows = Rows(name=self.bench.keep("SELECT 1", once=False))
            value = exp.Select(expressions=[self._answered(call, rows, {})], from_=self._from(rows))
            call.replace(exp.Subquery(this=value))

    def _constant(self, call: ExternalCall) -> bool:
        stable = self.externals[call.oid].volatility == "stable" or call.find_ancestor(exp.Values) is not None
        varies = any(call.find(kind) is not None for kind in (exp.Column, exp.Query, exp.Rand, exp.AggFunc, exp.Window))
        return stable and not varies and call.find_ancestor(exp.Case, exp.Coalesce) is None


def calls(tree: exp.Expr) -> Iterator[ExternalCall]:
    """Calls, those in the arguments of others first."""
    yield from reversed(list(tree.find_all(ExternalCall)))


def _items(select: exp.Select, inner: Inner) -> Iterator[exp.Expr]:
    for item in select.expressions:
        if _is_star(item):
            yield from inner.star(item)
        else:
            yield exp.alias_(inner.pull(unalias(item)), item.alias_or_name, quoted=True)


def _named(outer: exp.Select, inner: Inner) -> Iterator[exp.Expr]:
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


def _decides(call: ExternalCall, select: exp.Select) -> bool:
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


def _grouped_alike(call: ExternalCall, text: str, select: exp.Select) -> bool:
    """The select list repeats what GROUP BY has: it is the same value, whatever the function's volatility."""
    return select.args.get("group") is not None and repr(call) == text


def _sources(select: exp.Select) -> set[str]:
    tables = [select.args.get("from_"), *(select.args.get("joins") or []), *(select.args.get("laterals") or [])]
    return {table.this.alias_or_name for table in tables if table is not None}


def _columns_of(outer: exp.Select, sources: set[str], aliases: set[str]) -> Iterator[exp.Column]:
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
    return column.meta.get("kept") is True


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
