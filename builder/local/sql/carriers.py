"""How types cross that Redshift's guide does not list for external functions, where a setting lets them stand bare.

As texts, in the forms that the builder's own wrappers use: JSON for SUPER, hexadecimal EWKB for GEOMETRY and GEOGRAPHY,
hexadecimal digits for VARBYTE, and what a cast to VARCHAR gives for the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import types

if TYPE_CHECKING:
    from builder.local.objects.functions import Function

_TEXT = types.of("varchar(max)")


def carrier(function: Function) -> Function:
    """The function as it is called: with texts for what JSON has no form for."""
    return replace(
        function,
        arguments=tuple(map(_carried, function.arguments)),
        returns=_carried(function.returns),
    )


def _carried(kind: types.Type) -> types.Type:
    return kind if kind.name in types.EXTERNAL else _TEXT


def sent(value: exp.Expr, kind: types.Type) -> exp.Expr:
    """An argument, cast to its type, as it crosses."""
    if kind.name in types.EXTERNAL:
        return value
    if kind.name == "super":
        return _call("json_serialize", value)
    if kind.name in {"geometry", "geography"}:
        return _call("st_ashexewkb", value)
    if kind.name == "binary varying":
        return _call("from_varbyte", value, exp.Literal.string("hex"))
    return exp.Cast(this=value, to=exp.DataType.build("varchar", dialect="redshift"))


def received(answer: exp.Expr, kind: types.Type, to: exp.DataType) -> exp.Expr:
    """The answer as the type that the function returns."""
    if kind.name in types.EXTERNAL:
        return answer
    if kind.name == "super":
        return _call("json_parse", answer)
    if kind.name == "geometry":
        return _call("st_geomfromhexewkb", answer)
    if kind.name == "geography":
        return _call("st_geogfromtext", answer)
    if kind.name == "binary varying":
        return _call("to_varbyte", answer, exp.Literal.string("hex"))
    return exp.Cast(this=answer, to=to)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))
