"""Which function of a name a call means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import types
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.objects.functions import Function


def choose(overloads: Sequence[Function], arguments: Sequence[exp.Expr]) -> Function | None:
    """The overload with as many arguments; among several, the one whose types fit best what is written."""
    fitting = [function for function in overloads if len(function.arguments) == len(arguments)]
    if len(fitting) < 2:  # noqa: PLR2004
        return fitting[0] if fitting else None
    scores = [
        (sum(_fit(kind, argument) for kind, argument in zip(function.arguments, arguments, strict=True)), function)
        for function in fitting
    ]
    best = max(score for score, _ in scores)
    winners = [function for score, function in scores if score == best]
    if len(winners) > 1:
        raise SqlError(
            "42725", f"function {winners[0].name} is not unique", hint="add explicit type casts to its arguments"
        )
    return winners[0]


def _fit(kind: types.Type, argument: exp.Expr) -> int:
    """2 for the type that is written, 1 for one that may be meant, 0 otherwise."""
    written = _written(argument)
    if not written:
        return 1
    if kind.name == written:
        return 2
    families = (
        {"smallint", "integer", "bigint", "numeric", "real", "double precision"},
        {"character varying", "character"},
    )
    return 1 if any(kind.name in family and written in family for family in families) else 0


def _written(argument: exp.Expr) -> str:
    if isinstance(argument, exp.Cast):
        return types.from_sqlglot(argument.to).name
    if isinstance(argument, exp.Literal):
        if argument.is_string:
            return "character varying"
        return "integer" if argument.is_int else "numeric"
    if isinstance(argument, exp.Boolean):
        return "boolean"
    return ""


def kinds(arguments: Sequence[exp.Expr]) -> str:
    return ", ".join(_written(argument) or "unknown" for argument in arguments)
