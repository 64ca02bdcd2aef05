"""Types of computed numbers, and the expressions that compute them exactly.

Redshift, "Computations with numeric values", "SUM", "AVG". A type is DuckDB's: (name, precision, scale).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from builder.local.sql import types
from builder.local.sql.dialect import call

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_INTEGERS = {"TINYINT": 5, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "UTINYINT": 5, "UINTEGER": 19, "HUGEINT": 38}
LIMIT = 38
LEAST_SCALE = 4
# Up to here DuckDB keeps a DECIMAL in 64 bits.
NARROW = 18


@dataclass(frozen=True)
class Number:
    """`kind` is integer, decimal or float; precision and scale as DECIMAL counts them (INT4 is DECIMAL(10,0))."""

    duck: str
    kind: str
    precision: int = 0
    scale: int = 0


def number(duck: str) -> Number | None:
    """None for a type that is no number."""
    found = _DECIMAL.fullmatch(duck)
    if found:
        return Number(duck, "decimal", int(found[1]), int(found[2]))
    if duck == "HUGEINT":
        return Number(duck, "decimal", LIMIT, 0)
    if duck in _INTEGERS:
        return Number(duck, "integer", _INTEGERS[duck], 0)
    return Number(duck, "float") if duck in {"FLOAT", "DOUBLE"} else None


def decimal(precision: int, scale: int) -> Number:
    return Number(f"DECIMAL({precision},{scale})", "decimal", precision, scale)


def combined(operator: type[exp.Expr], one: Number, two: Number) -> Number:
    """The result's type of + - * /."""
    if "float" in {one.kind, two.kind}:
        return Number("FLOAT" if one.duck == two.duck == "FLOAT" else "DOUBLE", "float")
    if one.kind == two.kind == "integer":
        return max(one, two, key=lambda each: each.precision)
    if operator is exp.Div:
        scale = max(LEAST_SCALE, one.scale + two.precision - two.scale + 1)
        precision = one.precision - one.scale + two.scale + scale
        if precision > LIMIT:
            # As users have found it: (19,0) by (19,0) gives (38,19), (19,2) by (38,19) gives (38,4).
            precision, scale = LIMIT, max(LEAST_SCALE, scale - (precision - LIMIT))
        return decimal(precision, scale)
    if operator is exp.Mul:
        return decimal(min(LIMIT, one.precision + two.precision + 1), min(LIMIT, one.scale + two.scale))
    scale = max(one.scale, two.scale)
    whole = max(one.precision - one.scale, two.precision - two.scale)
    return decimal(min(LIMIT, whole + 1 + scale), scale)


def computed(node: exp.Expr, one: Number, two: Number, result: Number) -> exp.Expr:
    """The expression that gives `result` for an arithmetic node over DuckDB's types."""
    if isinstance(node, exp.Div):
        if result.kind == "decimal":
            return quotient(node.this, one, node.args["expression"], two, result)
        return cast(call("div", node.this.copy(), node.args["expression"].copy()), result)
    if result.duck == "DOUBLE" and "FLOAT" in {one.duck, two.duck}:
        # DuckDB keeps FLOAT with any other number; Redshift gives FLOAT8.
        return cast(node.copy(), result)
    if result.kind == "decimal" and result.precision > NARROW >= max(one.precision, two.precision):
        # DuckDB computes two decimals of up to 18 digits in 64 bits, and overflows where Redshift does not.
        wide = node.copy()
        wide.set("this", cast(wide.this, decimal(max(NARROW + 1, one.precision), one.scale)))
        return cast(wide, result)
    return node


def quotient(one: exp.Expr, left: Number, two: exp.Expr, right: Number, result: Number) -> exp.Expr:
    """Exact, and cut at the result's scale: DuckDB's own division of decimals goes by DOUBLE."""
    power = result.scale - left.scale + right.scale
    ratio = call("ratio", unscaled(one, left), unscaled(two, right), exp.Literal.number(10 ** max(power, 0)))
    if power < 0:
        ratio = call("div", ratio, exp.Cast(this=exp.Literal.number(10**-power), to=_type("HUGEINT")))
    return scaled(ratio, result)


def average(total: exp.Expr, count: exp.Expr, argument: Number) -> tuple[exp.Expr, Number]:
    """AVG from its SUM and COUNT: BIGINT for integers, the argument's scale for DECIMAL."""
    if argument.kind == "integer":
        result = Number("BIGINT", "integer", _INTEGERS["BIGINT"])
        return cast(exp.IntDiv(this=total, expression=count), result), result
    result = decimal(LIMIT, argument.scale)
    sums = unscaled(total, decimal(LIMIT, argument.scale))
    return scaled(exp.IntDiv(this=sums, expression=count), result), result


def summed(argument: Number) -> Number:
    """SUM's type."""
    if argument.duck == "BIGINT" or argument.kind == "decimal":
        return decimal(LIMIT, argument.scale)
    return Number("BIGINT", "integer", _INTEGERS["BIGINT"]) if argument.kind == "integer" else Number("DOUBLE", "float")


def unscaled(value: exp.Expr, kind: Number) -> exp.Expr:
    """A decimal's digits as a HUGEINT."""
    if kind.scale == 0:
        return exp.Cast(this=value.copy(), to=_type("HUGEINT"))
    if kind.precision + kind.scale <= LIMIT:
        power = exp.Cast(this=exp.Literal.number(10**kind.scale), to=_type(f"DECIMAL({max(NARROW, kind.scale) + 1},0)"))
        return exp.Cast(this=exp.Mul(this=exp.Paren(this=value.copy()), expression=power), to=_type("HUGEINT"))
    return call("digits_of", value.copy())


def scaled(digits: exp.Expr, kind: Number) -> exp.Expr:
    """The decimal that has these digits."""
    whole = exp.Cast(this=digits, to=_type("DECIMAL(38,0)"))
    if kind.scale == 0:
        return cast(whole, kind)
    unit = exp.Cast(
        this=exp.Literal.string("0." + "1".rjust(kind.scale, "0")), to=_type(f"DECIMAL({kind.scale},{kind.scale})")
    )
    return cast(exp.Mul(this=whole, expression=unit), kind)


def cast(value: exp.Expr, kind: Number) -> exp.Expr:
    return exp.Cast(this=value, to=_type(kind.duck))


def _type(duck: str) -> exp.DataType:
    return exp.DataType(this=exp.DType.USERDEFINED, kind=duck)


def of_literal(text: str) -> Number | None:
    """PostgreSQL, "Numeric constants": INTEGER, BIGINT or NUMERIC by what is written."""
    if text.isdigit():
        value = int(text)
        return number("INTEGER" if value < 1 << 31 else "BIGINT" if value < 1 << 63 else "HUGEINT")
    whole, point, fraction = text.partition(".")
    if point and (whole + fraction).isdigit():
        scale = len(fraction)
        return decimal(max(len(whole.lstrip("0")) + scale, 1), scale)
    return None


def of_cast(node: exp.Cast) -> Number | None:
    kind = node.to
    if kind.this == exp.DType.USERDEFINED:
        return number(str(kind.args.get("kind")))
    return number(types.from_sqlglot(kind).duck)
