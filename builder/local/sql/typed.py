"""What depends on the types of operands: division, sums and averages, and SUPER beside a text.

DuckDB says the types: for each SELECT one query over its FROM, which is bound and not run, describes the operands.
What cannot be known (a column of a query around this one) stays as DuckDB has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import numeric
from builder.local.sql.dialect import call
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from builder.local.sql.numeric import Number

    Describe = Callable[[exp.Expr], list[str]]

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)
_AGGREGATES = (exp.Sum, exp.Avg)
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.In)
_SCOPES = (exp.Select, exp.Update, exp.Delete, exp.Merge, exp.SetOperation)
_WRAPPERS = (exp.Window, exp.Filter, exp.IgnoreNulls, exp.RespectNulls)


def settle_types(tree: exp.Expr, describe: Describe) -> exp.Expr:
    """`describe` gives DuckDB's type names of a SELECT's columns, or raises SqlError. Gives the root, perhaps new."""
    holder = exp.Paren(this=tree)
    for scope in reversed([*tree.find_all(*_SCOPES), holder]):
        _Scope(scope, describe).settle()
    settled: exp.Expr = holder.this
    settled.parent = None
    return settled


class _Scope:
    def __init__(self, scope: exp.Expr, describe: Describe) -> None:
        self.scope = scope
        self.describe = describe
        self.known: dict[int, str] = {}

    def settle(self) -> None:
        """From the innermost nodes outwards: what is settled is an operand for what is around it."""
        for ready in self._rounds():
            self._ask([leaf for node in ready for leaf in _leaves(node) if self._type(leaf) is None])
            for node in ready:
                self._one(node)

    def _rounds(self) -> list[list[exp.Expr]]:
        """The nodes to settle, each in the round after those that its operands hold. One walk: sums may be long."""
        rounds: dict[int, list[exp.Expr]] = {}
        # By node, the round after everything in it.
        after: dict[int, int] = {}
        for node in reversed(list(self._own())):
            inner = max((after.get(id(each), 0) for each in node.iter_expressions()), default=0)
            if _wanted(node):
                place = max((after.get(id(leaf), 0) for leaf in _leaves(node)), default=0)
                rounds.setdefault(place, []).append(node)
                inner = max(inner, place + 1)
            after[id(node)] = inner
        return [rounds[place] for place in sorted(rounds)]

    def _own(self) -> Iterator[exp.Expr]:
        """The scope's nodes, without those of SELECTs inside it."""
        for node in self.scope.walk(prune=lambda node: node is not self.scope and isinstance(node, _SCOPES)):
            if node is self.scope or not isinstance(node, _SCOPES):
                yield node

    def _one(self, node: exp.Expr) -> None:
        if isinstance(node, _ARITHMETIC):
            self._arithmetic(node)
        elif isinstance(node, _AGGREGATES):
            self._aggregate(node)
        elif isinstance(node, exp.Trunc):
            self._date(node)
        else:
            self._comparison(node)

    def _arithmetic(self, node: exp.Expr) -> None:
        one, two = self._number(node.this), self._number(node.args["expression"])
        if one is None or two is None:
            if isinstance(node, exp.Div):
                self._replace(node, call("div", node.this.copy(), node.expression.copy()), None)
            return
        result = numeric.combined(type(node), one, two)
        self._replace(node, numeric.computed(node, one, two, result), result)

    def _aggregate(self, node: exp.Expr) -> None:
        argument = self._number(_argument(node))
        if argument is None or node.find_ancestor(exp.Pivot) is not None:
            return
        whole = _whole(node)
        if isinstance(node, exp.Sum):
            result = numeric.summed(argument)
            self._replace(whole, numeric.cast(whole.copy(), result), result)
        elif argument.kind != "float":
            total, count = whole.copy(), whole.copy()
            total = _swap(total, exp.Sum)
            count = _swap(count, exp.Count)
            value, result = numeric.average(total, count, argument)
            self._replace(whole, value, result)

    def _date(self, node: exp.Trunc) -> None:
        """TRUNC of a timestamp is its DATE."""
        if (self._type(node.this) or "").startswith("TIMESTAMP"):
            kind = exp.DataType(this=exp.DType.USERDEFINED, kind="DATE")
            node.replace(exp.Cast(this=node.this.copy(), to=kind))

    def _comparison(self, node: exp.Expr) -> None:
        for leaf in _leaves(node):
            if self.known.get(id(leaf)) == "JSON":
                leaf.replace(call("text", leaf.copy()))

    def _replace(self, old: exp.Expr, new: exp.Expr, result: Number | None) -> None:
        if new is not old:
            new = exp.Paren(this=new)
            old.replace(new)
        if result is not None:
            self.known[id(new)] = result.duck
            new.meta["duck"] = result.duck

    def _type(self, node: exp.Expr) -> str | None:
        return node.meta_get("duck") or self.known.get(id(node))

    def _number(self, node: exp.Expr) -> Number | None:
        duck = self._type(node)
        if duck is not None:
            return numeric.number(duck)
        if isinstance(node, (exp.Paren, exp.Neg)):
            return self._number(node.this)
        if isinstance(node, exp.Literal):
            return None if node.is_string else numeric.of_literal(node.name)
        return None

    # DuckDB's word --------------------------------------------------------------------------------------------------

    def _ask(self, leaves: list[exp.Expr]) -> None:
        folded = [leaf for leaf in leaves if not isinstance(leaf, exp.Literal)]
        for aggregated in (False, True):
            group = [leaf for leaf in folded if bool(leaf.find(exp.AggFunc)) == aggregated]
            if group and not self._asked(group):
                for leaf in group:
                    self._asked([leaf])

    def _asked(self, leaves: list[exp.Expr]) -> bool:
        try:
            found = self.describe(self._probe(leaves))
        except SqlError:
            return False
        if len(found) != len(leaves):
            # A star is as many columns as there are: what is wrong with it, running will say.
            return False
        for leaf, duck in zip(leaves, found, strict=True):
            self.known[id(leaf)] = duck
        return True

    def _probe(self, leaves: list[exp.Expr]) -> exp.Select:
        items = [exp.alias_(leaf.copy(), f"p{index}", quoted=True) for index, leaf in enumerate(leaves)]
        probe = exp.Select(expressions=items)
        if isinstance(self.scope, exp.Select):
            for name in ("from_", "joins", "laterals", "windows"):
                part = self.scope.args.get(name)
                probe.set(name, [each.copy() for each in part] if isinstance(part, list) else part and part.copy())
        elif isinstance(self.scope, (exp.Update, exp.Delete)) and isinstance(self.scope.this, exp.Table):
            probe.set("from_", exp.From(this=self.scope.this.copy()))
        ctes = [cte.copy() for with_ in self._withs() for cte in with_.expressions]
        if ctes:
            recursive = any(with_.args.get("recursive") for with_ in self._withs())
            probe.set("with_", exp.With(expressions=ctes, recursive=recursive))
        return probe

    def _withs(self) -> list[exp.With]:
        """Those around the scope, the outermost first; inside a CTE its own WITH gives what stands before it."""
        found: list[exp.With] = []
        node: exp.Expr | None = self.scope
        inside: exp.Expr | None = None
        while node is not None:
            with_ = node.args.get("with_")
            if isinstance(with_, exp.With):
                before = with_.expressions
                if inside is not None and inside in before and not with_.args.get("recursive"):
                    before = before[: [cte is inside for cte in before].index(True)]
                found.insert(0, exp.With(expressions=[cte.copy() for cte in before], recursive=with_.recursive))
            if isinstance(node, exp.CTE):
                inside = node
            node = node.parent
        return found


def _wanted(node: exp.Expr) -> bool:
    if isinstance(node, _COMPARED):
        return any(isinstance(leaf, exp.Column) for leaf in _leaves(node))
    return isinstance(node, (*_ARITHMETIC, *_AGGREGATES)) or _truncated(node)


def _truncated(node: exp.Expr) -> bool:
    return isinstance(node, exp.Trunc) and node.args.get("decimals") is None


def _leaves(node: exp.Expr) -> list[exp.Expr]:
    """The operands whose types decide."""
    if isinstance(node, _AGGREGATES):
        return [_argument(node)]
    if isinstance(node, exp.Trunc):
        return [node.this]
    if isinstance(node, exp.In):
        texts = any(_is_text(each) for each in node.expressions)
        return [node.this] if texts and isinstance(node.this, exp.Column) else []
    if isinstance(node, _COMPARED):
        sides = [node.this, node.args["expression"]]
        return [one for one, other in (sides, sides[::-1]) if isinstance(one, exp.Column) and _is_text(other)]
    return [_bare(node.this), _bare(node.args["expression"])]


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.Paren, exp.Neg)) and not node.meta_get("duck"):
        node = node.this
    return node


def _argument(node: exp.Expr) -> exp.Expr:
    argument: exp.Expr = node.this
    return argument.expressions[0] if isinstance(argument, exp.Distinct) else argument


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _whole(node: exp.Expr) -> exp.Expr:
    """The aggregate with its FILTER and OVER."""
    while isinstance(node.parent, _WRAPPERS) and node.arg_key == "this":
        node = node.parent
    return node


def _swap(whole: exp.Expr, made: type[exp.Expr]) -> exp.Expr:
    """Another aggregate in AVG's place."""
    average = whole if isinstance(whole, exp.Avg) else whole.find(exp.Avg)
    other = made(this=average.this.copy()) if average is not None else whole
    if average is whole or average is None:
        return other
    average.replace(other)
    return whole
