"""Elements of a SUPER in FROM: `FROM t, t.arr AS x AT i` and UNPIVOT, as DuckDB's lateral joins."""

from __future__ import annotations

from sqlglot import exp

from builder.local.sql.dialect import call, quoted
from builder.local.sql.spellings import UNPIVOT
from builder.local.sqlstate import unsupported


def unnest(tree: exp.Expr) -> set[str]:
    """`FROM t, t.arr AS x AT i`: one row per element. The alias is the element itself, not a relation; their names."""
    aliases = set()
    for index, join in enumerate(list(tree.find_all(exp.Join))):
        found = _unnested(join.this)
        if found is None:
            continue
        path, value, position = found
        if value.startswith(UNPIVOT):
            value = value.removeprefix(UNPIVOT)
            join.set("this", _pairs(path, value, position, index))
            join.set("kind", "CROSS")
            aliases.add(value)
            continue
        aliases.add(value)
        elements = call("elements", path.copy())
        columns: list[exp.Expr] = [exp.alias_(exp.Anonymous(this="unnest", expressions=[elements]), value, quoted=True)]
        if position:
            counted = exp.Anonymous(this="generate_subscripts", expressions=[elements.copy(), exp.Literal.number(1)])
            columns.append(exp.alias_(exp.Sub(this=counted, expression=exp.Literal.number(1)), position, quoted=True))
        select = exp.Select(expressions=columns)
        lateral = exp.Lateral(this=exp.Subquery(this=select), alias=exp.TableAlias(this=quoted(f"_u{index}")))
        join.set("this", lateral)
        if not join.args.get("side") and not join.args.get("on"):
            join.set("kind", "CROSS")
    return aliases


def _pairs(path: exp.Expr, value: str, name: str, index: int) -> exp.Lateral:
    """`UNPIVOT t.object AS value AT name`: a row for each attribute of an object, and none for another value."""
    inner = exp.Select(
        expressions=[
            exp.alias_(exp.Anonymous(this="unnest", expressions=[call("pairs", path.copy())]), "p", quoted=True)
        ]
    )
    columns = [(("v", value), ("k", name))[place] for place in range(2 if name else 1)]
    outer = exp.Select(
        expressions=[
            exp.alias_(exp.Dot(this=exp.column("p", quoted=True), expression=exp.to_identifier(part)), to, quoted=True)
            for part, to in columns
        ]
    ).from_(exp.Subquery(this=inner, alias=exp.TableAlias(this=quoted(f"_q{index}"))))
    return exp.Lateral(this=exp.Subquery(this=outer), alias=exp.TableAlias(this=quoted(f"_u{index}")))


def _unnested(node: exp.Expr) -> tuple[exp.Expr, str, str] | None:
    """The path, the element's name and the name of its place."""
    position = ""
    if isinstance(node, exp.AtIndex):
        position = node.expression.name
        node = node.this
    if isinstance(node, exp.Unnest):
        alias = node.args.get("alias")
        names = [column.name for column in alias.columns] if alias else []
        if len(node.expressions) != 1 or not names:
            raise unsupported("UNNEST without an alias")
        return node.expressions[0], names[0], position
    if isinstance(node, exp.Alias) and isinstance(node.this, (exp.Column, exp.Dot, exp.Bracket)):
        return node.this, node.alias, position
    return None
