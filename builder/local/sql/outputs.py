"""A query's outputs: without their names, and with those that PostgreSQL would give where the query gives none."""

from __future__ import annotations

from sqlglot import exp

from builder.local.sql import types
from builder.local.sqlstate import SqlError

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
# Functions that sqlglot knows under another name than Redshift.
_FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.TsOrDsAdd: "date_add",
    exp.TsOrDsDiff: "date_diff",
    exp.TimestampTrunc: "date_trunc",
    exp.DateTrunc: "date_trunc",
    exp.TimeToStr: "to_char",
    exp.StrToTime: "to_timestamp",
    exp.StrToDate: "to_date",
    exp.Extract: "date_part",
    exp.StrPosition: "strpos",
    exp.Length: "len",
    exp.Pow: "power",
    exp.GroupConcat: "listagg",
    exp.CurrentTimestamp: "getdate",
    exp.CurrentDate: "date",
    exp.Case: "case",
    exp.Pad: "lpad",
    exp.RegexpExtract: "regexp_substr",
    exp.DecodeCase: "case",
}


def name_columns(select: exp.Select) -> None:
    """Output names as PostgreSQL gives them, where the query gives none."""
    for item in list(select.expressions):
        if isinstance(item, (exp.Alias, exp.Column, exp.Star, exp.Aliases)) or item.is_star:
            continue
        item.replace(exp.alias_(item.copy(), _figure(item), quoted=True))


def _figure(node: exp.Expr) -> str:  # noqa: PLR0911 - one per kind of node
    if type(node) in _FUNCTIONS:
        return _FUNCTIONS[type(node)]
    if isinstance(node, (exp.Paren, exp.Bracket, exp.Window, exp.WithinGroup, exp.Filter)):
        return _figure(node.this)
    if isinstance(node, exp.Dot):
        return _figure(node.expression) if isinstance(node.expression, exp.Func) else str(node.expression.name)
    if isinstance(node, exp.Cast):
        inner = _figure(node.this)
        return inner if inner != UNNAMED else _cast_name(node.to)
    if isinstance(node, (exp.Anonymous, exp.Column)):
        return str(node.name).lower()
    if isinstance(node, exp.Func) and not isinstance(node, (exp.Connector, exp.Binary)):
        return type(node).sql_names()[0].lower()
    return UNNAMED


def _cast_name(target: exp.DataType) -> str:
    """Named after its type; the types of PostgreSQL's catalogue (regclass, oid) are no types of columns here."""
    try:
        kind = types.from_sqlglot(target).name
    except SqlError:
        return str(target.sql()).lower().strip('"')
    return _TYPES.get(kind, kind)


def unalias(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Alias) else node
