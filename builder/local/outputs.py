"""Names of a query's columns, where the query gives none: those that PostgreSQL would give."""

from __future__ import annotations

from sqlglot import exp

from builder.local import types

UNNAMED = "?column?"
# pg_type.typname: a cast of something without a name is named after its type.
_TYPES = {
    "boolean": "bool",
    "smallint": "int2",
    "integer": "int4",
    "bigint": "int8",
    "real": "float4",
    "double precision": "float8",
    "character": "bpchar",
    "character varying": "varchar",
    "binary varying": "varbyte",
    "time without time zone": "time",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


def name_columns(select: exp.Select) -> None:
    """Output names as PostgreSQL gives them, where the query gives none."""
    for item in list(select.expressions):
        if isinstance(item, (exp.Alias, exp.Column, exp.Star, exp.Aliases)) or item.is_star:
            continue
        item.replace(exp.alias_(item.copy(), _figure(item), quoted=True))


def _figure(node: exp.Expr) -> str:  # noqa: PLR0911 - one per kind of node
    if isinstance(node, (exp.Paren, exp.Bracket)):
        return _figure(node.this)
    if isinstance(node, exp.Column):
        return str(node.name)
    if isinstance(node, exp.Dot):
        return _figure(node.expression) if isinstance(node.expression, exp.Func) else str(node.expression.name)
    if isinstance(node, exp.Cast):
        inner = _figure(node.this)
        kind = types.from_sqlglot(node.to).name
        return inner if inner != UNNAMED else _TYPES.get(kind, kind)
    if isinstance(node, exp.Case):
        return "case"
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.Window):
        return _figure(node.this)
    if isinstance(node, exp.Func) and not isinstance(node, (exp.Connector, exp.Binary)):
        return node.sql_names()[0].lower()
    return UNNAMED
