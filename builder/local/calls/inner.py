"""The lower half of a SELECT that is run in two: the rows, with everything that the upper half needs of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from builder.local.sql.dialect import quoted, render
from builder.local.sql.resolve import ExternalCall
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from builder.local.calls.streams import Call

# Parts of an expression that are no values by themselves.
_PARTS = (exp.DataType, exp.Var, exp.Identifier, exp.Literal, exp.Null, exp.Boolean)


class Bench(Protocol):
    """What staging needs of the session. Relations live as long as the statement."""

    def keep(self, query: str, *, once: bool) -> str:
        """The name of a new relation with a query's rows, whose columns are c0, c1, ...

        `once`: the statement reads it in one place only. Nothing may read it before it is answered.
        """

    def width(self, query: str) -> list[str]:
        """The names of a query's columns; runs nothing."""

    def append(self, name: str, other: str) -> int:
        """Adds one kept relation's rows to another; how many they are."""

    def answer(self, name: str, calls: Sequence[Call]) -> list[str]:
        """Calls functions for each row of a kept relation; a later call may use an earlier one's answer.

        The names of the relations that stand for it from now on, side by side: the last one has the answers.
        """


@dataclass
class Rows:
    """A kept relation and the calls that are to be answered for it."""

    name: str
    calls: list[Call] = field(default_factory=list)

    def add(self, call: Call) -> exp.Column:
        """The column of one more answer."""
        self.calls.append(call)
        return exp.column(quoted(call.answer))


class Inner:
    """Collects expressions as columns c0, c1, ... of one query over a SELECT's own FROM.

    `rows_only`: as WHERE leaves them; otherwise as GROUP BY and HAVING leave them. `once`: as Bench.keep has it.
    """

    def __init__(
        self,
        select: exp.Select,
        ctes: Iterable[exp.CTE],
        bench: Bench,
        *,
        rows_only: bool = False,
        once: bool = False,
    ) -> None:
        self.bench = bench
        self.once = once
        self.ctes = tuple(ctes)
        self.select = select.copy()
        self.places: dict[str, str] = {}
        self.items: list[exp.Expr] = []
        self.width = 0
        dropped = ["with_", "distinct", "order", "limit", "offset"]
        if rows_only:
            dropped += ["group", "having", "qualify", "windows"]
        for name in dropped:
            self.select.set(name, None)

    def column(self, node: exp.Expr) -> exp.Column:
        """A call-free expression as a column of the rows."""
        text = render(node)
        if text not in self.places:
            self.places[text] = f"c{self.width}"
            self.items.append(node.copy())
            self.width += 1
        return exp.column(quoted(self.places[text]))

    def star(self, item: exp.Expr) -> Iterator[exp.Expr]:
        """`*` or `t.*`: the columns that it stands for, which only the database knows."""
        names = self.bench.width(self._text([item]))
        self.items.append(item.copy())
        first, self.width = self.width, self.width + len(names)
        for index, name in enumerate(names):
            column = exp.column(quoted(f"c{first + index}"))
            column.meta["kept"] = True
            yield exp.alias_(column, name, quoted=True)

    def has(self, column: exp.Column) -> bool:
        """Whether FROM has a column of this name: GROUP BY prefers it to an alias of the select list."""
        try:
            self.bench.width(self._text([column]))
        except SqlError:
            return False
        return True

    def binds(self) -> bool:
        """Whether all that was collected is found in FROM."""
        try:
            self.bench.width(self._text(self.items or [exp.true()]))
        except SqlError:
            return False
        return True

    def split(self) -> list[exp.Expr]:
        """Leaves the plain conditions of WHERE and of inner joins here; gives those with calls."""
        late: list[exp.Expr] = []
        where = self.select.args.get("where")
        if where is not None:
            early, late = parted(where.this)
            self.select.set("where", exp.Where(this=early) if early is not None else None)
        for join in self.select.args.get("joins") or []:
            condition = join.args.get("on")
            if condition is None or condition.find(ExternalCall) is None:
                continue
            early, more = parted(condition)
            join.set("on", early if early is not None else exp.true())
            late += more
        return late

    def kept(self) -> Rows:
        """The query's rows, which may be read once they are answered."""
        return Rows(name=self.bench.keep(self._text(self.items or [exp.true()]), once=self.once))

    def _text(self, items: Sequence[exp.Expr]) -> str:
        select = self.select.copy()
        select.set("expressions", [item.copy() for item in items])
        if self.ctes:
            select.set("with_", exp.With(expressions=[cte.copy() for cte in self.ctes]))
        return render(select)

    def pull(self, node: exp.Expr, guard: exp.Expr | None = None) -> exp.Expr:  # noqa: PLR0911 - one per kind of node
        """The expression over the rows: calls stay, whatever is call-free below them becomes a column."""
        if isinstance(node, ExternalCall):
            arguments = [self.pull(each, guard) for each in node.expressions]
            return ExternalCall(oid=node.args["oid"].copy(), expressions=arguments, guard=guard)
        if isinstance(node, _PARTS):
            return node.copy()
        if node.find(ExternalCall) is None:
            return self.column(node)
        if isinstance(node, exp.Case):
            return self._case(node, guard)
        if isinstance(node, exp.Coalesce):
            return self._coalesce(node, guard)
        if isinstance(node, exp.In) and node.args.get("query") is not None:
            return exp.In(this=self.pull(node.this, guard), query=node.args["query"].copy())
        return rebuilt(node, lambda child: self.pull(child, guard))

    def _case(self, node: exp.Case, guard: exp.Expr | None) -> exp.Case:
        subject = self.pull(node.this, guard) if node.this else None
        branches = []
        for branch in node.args["ifs"]:
            condition = self.pull(branch.this, guard)
            test = condition if subject is None else exp.EQ(this=subject.copy(), expression=condition.copy())
            branches.append(exp.If(this=condition, true=self.pull(branch.args["true"], _both(guard, test))))
            # Neither false nor NULL counts: the next branch has its turn where this one is not true.
            missed = exp.Not(this=exp.Coalesce(this=exp.paren(test.copy()), expressions=[exp.false()]))
            guard = _both(guard, missed)
        default = node.args.get("default")
        return exp.Case(this=subject, ifs=branches, default=self.pull(default, guard) if default else None)

    def _coalesce(self, node: exp.Coalesce, guard: exp.Expr | None) -> exp.Coalesce:
        values: list[exp.Expr] = []
        for value in (node.this, *node.expressions):
            pulled = self.pull(value, guard)
            values.append(pulled)
            guard = _both(guard, exp.Is(this=exp.paren(pulled.copy()), expression=exp.null()))
        return exp.Coalesce(this=values[0], expressions=values[1:])


def _both(first: exp.Expr | None, second: exp.Expr) -> exp.Expr:
    second = exp.paren(second.copy())
    return second if first is None else exp.And(this=first.copy(), expression=second)


def rebuilt(node: exp.Expr, change: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """A copy of the node with its children changed."""
    made = node.copy()
    for key, value in node.args.items():
        if isinstance(value, list):
            made.set(key, [change(each) if isinstance(each, exp.Expr) else each for each in value])
        elif isinstance(value, exp.Expr):
            made.set(key, change(value))
    return made


def conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """`a AND (b AND c)` as a, b, c."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.And):
        yield from conjuncts(node.left)
        yield from conjuncts(node.right)
    else:
        yield node


def conjoined(parts: Sequence[exp.Expr]) -> exp.Expr | None:
    """The AND of conditions; None for none."""
    whole: exp.Expr | None = None
    for part in parts:
        whole = _both(whole, part)
    return whole


def parted(condition: exp.Expr) -> tuple[exp.Expr | None, list[exp.Expr]]:
    """The conjuncts without calls as one condition, and those with calls."""
    parts = list(conjuncts(condition))
    early = conjoined([part for part in parts if part.find(ExternalCall) is None])
    return early, [part.copy() for part in parts if part.find(ExternalCall) is not None]
