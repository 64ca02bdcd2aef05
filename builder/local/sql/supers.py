"""SUPER values where Redshift types them at run time and DuckDB's JSON would be taken for its text.

Known by how they are written: a path (`t.col.a`, `col[0]`), and the alias of an un-nested array.
"""

from __future__ import annotations

from sqlglot import exp

from builder.local.sql.dialect import call

_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.SimilarTo, exp.RegexpLike)
_TEXTUAL = (
    *(exp.DPipe, exp.Concat, exp.Upper, exp.Lower, exp.Length, exp.Substring, exp.Trim, exp.Left, exp.Right),
    *(exp.Replace, exp.SplitPart, exp.StrPosition, exp.Reverse, exp.Initcap, exp.MD5),
)


def spell_paths(tree: exp.Expr) -> None:
    """`LEFT JOIN t.arr AS x ON TRUE` as the un-nesting that it is: sqlglot sees one only after a comma."""
    for join in list(tree.find_all(exp.Join)):
        table = join.this
        if not isinstance(table, exp.Table) or not table.alias or len(table.parts) < 2:  # noqa: PLR2004 - a path
            continue
        first, *steps = [part.name for part in table.parts]
        select = join.parent
        others = [select.args.get("from_"), *(select.args.get("joins") or [])] if isinstance(select, exp.Select) else []
        if first.lower() in {
            each.this.alias_or_name.lower() for each in others if each is not None and each is not join
        }:
            path: exp.Expr = exp.column(steps[0], first)
            for step in steps[1:]:
                path = exp.Dot(this=path, expression=exp.to_identifier(step))
            join.set("this", exp.Unnest(expressions=[path], alias=exp.TableAlias(columns=[table.args["alias"].this])))


def dynamic(tree: exp.Expr, elements: set[str]) -> None:
    """In place: a SUPER value beside a text is read as a text; ORDER BY puts its numbers in the order of numbers."""
    sources = {source.alias_or_name for source in tree.find_all(exp.Table, exp.Subquery, exp.CTE)}
    for node in list(tree.find_all(exp.Column, exp.Dot, exp.Bracket)):
        if not _is_path(node, sources, elements) or isinstance(node.parent, (exp.Dot, exp.Bracket)):
            continue
        if _beside_text(node):
            node.replace(call("text", node.copy()))
        elif isinstance(node.parent, exp.Ordered):
            _spread(node.parent)


def _is_path(node: exp.Expr, sources: set[str], elements: set[str]) -> bool:
    if isinstance(node, exp.Bracket):
        return True
    if isinstance(node, exp.Dot):
        return isinstance(node.expression, exp.Identifier)
    names = [part.name for part in node.parts] if isinstance(node, exp.Column) else []
    if names and names[0] in elements:
        return True
    # `t.col` is a column, `t.col.a` and, where no t is there, `col.a` are paths.
    return len(names) > 1 and (names[0] not in sources or len(names) > 2)  # noqa: PLR2004


def _beside_text(node: exp.Expr) -> bool:
    parent = node.parent
    if isinstance(parent, _TEXTUAL):
        return True
    if isinstance(parent, exp.In):
        return node.arg_key == "this" and any(_is_text(each) for each in parent.expressions)
    if isinstance(parent, _COMPARED):
        other = parent.args["expression"] if node.arg_key == "this" else parent.this
        return _is_text(other)
    return False


def _is_text(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return node.to.this in exp.DataType.TEXT_TYPES
    return isinstance(node, exp.Literal) and node.is_string


def _spread(key: exp.Ordered) -> None:
    """Numbers by their value first, then everything by its text, which tells long integers apart."""
    number = exp.TryCast(this=key.this.copy(), to=exp.DataType.build("double"))
    number.meta["translated"] = True
    first = key.copy()
    first.set("this", number)
    order = key.parent
    if isinstance(order, exp.Order):
        order.set(
            "expressions", [each for old in order.expressions for each in ([first, old] if old is key else [old])]
        )
