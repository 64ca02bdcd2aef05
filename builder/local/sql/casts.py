"""Casts: to Redshift's types in a tree that is still Redshift's, and to what DuckDB stores for them."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from builder.local.sql import types
from builder.local.sql.dialect import call
from builder.local.sqlstate import unsupported

_IDENTIFIERS = frozenset({"REGCLASS", "REGTYPE", "REGPROC", "OID", "NAME", '"CHAR"', "ARRAY<TEXT>"})
_BY_NAME = {
    "REGCLASS": ("regclass", "regclass_name"),
    "REGTYPE": ("regtype", "format_type"),
    "REGPROC": ("regproc", "regproc_name"),
}


def cast(value: exp.Expr, kind: types.Type) -> exp.Expr:
    """CAST to a Redshift type, as a node that `translated` knows. Lengths do not bind arguments."""
    target = kind if kind.name == "numeric" else types.Type(kind=kind.kind)
    return exp.Cast(this=value, to=to_sqlglot(target))


def to_sqlglot(kind: types.Type) -> exp.DataType:
    names: dict[str, Any] = {"character varying": "varchar", "character": "char", "binary varying": "varbyte"}
    text = names.get(kind.name, kind.name)
    if kind.arguments:
        text += f"({','.join(map(str, kind.arguments))})"
    return exp.DataType.build(text, dialect="redshift")


def translated(node: exp.Cast) -> exp.Expr | None:
    """A CAST in DuckDB's terms, or None where it stays as it is."""
    spelled = node.to.sql().upper()
    if spelled in _IDENTIFIERS:
        return _identified(node.this.copy(), spelled)
    if node.to.this == exp.DType.USERDEFINED or node.meta_get("translated"):
        return None
    if node.to.this == exp.DType.INTERVAL:
        raise unsupported(f"a cast to {node.to.sql()}")
    target = types.from_sqlglot(node.to)
    value = node.this.copy()
    if target.name.startswith("character"):
        text = call("text", value)
        return exp.Left(this=text, expression=exp.Literal.number(target.arguments[0])) if target.arguments else text
    if target.name == "super":
        return call("super", value)
    if target.name == "geometry" and isinstance(value, exp.Literal) and value.is_string:
        return call("st_geomfromewkt" if "(" in value.name else "st_geomfromhexewkb", value)
    return duck(value, target, safe=isinstance(node, exp.TryCast))


def _identified(value: exp.Expr, kind: str) -> exp.Expr:
    """PostgreSQL, "Object Identifier Types": a name becomes its OID, and an OID, which is shown, a name."""
    if kind in _BY_NAME:
        of_text, of_number = _BY_NAME[kind]
        if isinstance(value, exp.Literal) and value.is_string:
            return call(of_text, value)
        return call(of_number, value, *([exp.null()] if kind == "REGTYPE" else []))
    if kind == "ARRAY<TEXT>":
        return value
    return duck(value, types.of("bigint")) if kind == "OID" else call("text", value)


def duck(value: exp.Expr, target: types.Type, *, safe: bool = False) -> exp.Expr:
    """CAST to what DuckDB stores for a Redshift type."""
    made = exp.TryCast if safe else exp.Cast
    node: exp.Expr = made(this=value, to=exp.DataType(this=exp.DType.USERDEFINED, kind=target.duck))
    node.meta["translated"] = True
    return node
