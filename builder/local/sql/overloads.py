"""Which function of a name a call means: PostgreSQL's rules over Redshift's implicit casts.

Sources: PostgreSQL, "Function Type Resolution"; Redshift, "Type compatibility and conversion" (implicit conversion
types), "Overloading function names".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import types
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.objects.functions import Function

# A type's name, or "unknown" for a text without a type and for NULL: they fit anywhere.
UNKNOWN = "unknown"
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_TEXTS = frozenset({"character", "character varying"})
_MOMENTS = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
_CATEGORIES = (_NUMBERS, _TEXTS, _MOMENTS)
_PREFERRED = frozenset({"double precision", "character varying", "timestamp with time zone", "boolean"})
_NO_MATCH = "No function matches the given name and argument types. You may need to add explicit type casts."
_NO_BEST = "Could not choose a best candidate function. You may need to add explicit type casts."


def choose(overloads: Sequence[Function], given: Sequence[str], name: str) -> Function:
    """Raises SqlError 42883 where none fits, 42725 where several fit alike. `name` as the statement has it."""
    fitting = [
        function
        for function in overloads
        if len(function.arguments) == len(given)
        and all(_castable(each, kind.name) for each, kind in zip(given, function.arguments, strict=True))
    ]
    for narrowed in (_exact, _preferred, _category):
        if len(fitting) > 1:
            fitting = narrowed(fitting, given)
    shown = f"function {name}({', '.join(given)})"
    if not fitting:
        raise SqlError("42883", f"{shown} does not exist", hint=_NO_MATCH)
    if len(fitting) > 1:
        raise SqlError("42725", f"{shown} is not unique", hint=_NO_BEST)
    return fitting[0]


def _castable(given: str, wanted: str) -> bool:
    """Whether a value of the one type is taken for the other without a cast. A SUPER has its type in its value."""
    if given in {wanted, UNKNOWN, "super"}:
        return True
    if given in _NUMBERS:
        return wanted in _NUMBERS | _TEXTS or (wanted == "boolean" and given in _INTEGERS)
    if given in _MOMENTS:
        return wanted in _MOMENTS | _TEXTS
    if given in _TEXTS:
        return wanted in _TEXTS
    if given.startswith("time "):
        return wanted == "character varying" or wanted.startswith("time ")
    return {given, wanted} == {"geometry", "geography"}


def _best(functions: list[Function], scores: list[int]) -> list[Function]:
    return [function for function, score in zip(functions, scores, strict=True) if score == max(scores)]


def _exact(functions: list[Function], given: Sequence[str]) -> list[Function]:
    """Those with the most arguments of the very type."""
    return _best(functions, [_matches(function, given) for function in functions])


def _matches(function: Function, given: Sequence[str]) -> int:
    return sum(kind.name == each for each, kind in zip(given, function.arguments, strict=True))


def _preferred(functions: list[Function], given: Sequence[str]) -> list[Function]:
    """Those that take the preferred type of an argument's category at the most places."""

    def score(function: Function) -> int:
        pairs = zip(given, function.arguments, strict=True)
        return sum(
            kind.name == each or (kind.name in _PREFERRED and _group(kind.name) == _group(each)) for each, kind in pairs
        )

    return _best(functions, [score(function) for function in functions])


def _category(functions: list[Function], given: Sequence[str]) -> list[Function]:
    """For each unknown argument: a text where one is taken, else the only category that all take."""
    for place in [index for index, each in enumerate(given) if each == UNKNOWN]:
        groups = {_group(function.arguments[place].name) for function in functions}
        group = _TEXTS if _TEXTS in groups else next(iter(groups)) if len(groups) == 1 else None
        if group is None:
            return functions
        functions = [each for each in functions if _group(each.arguments[place].name) == group]
        best = [each for each in functions if each.arguments[place].name in _PREFERRED]
        functions = best or functions
    return functions


def _group(name: str) -> frozenset[str]:
    return next((each for each in _CATEGORIES if name in each), frozenset({name}))


def written(argument: exp.Expr) -> str:
    """The type that is written, "unknown" for a bare text and NULL; "" where only binding can tell."""
    while isinstance(argument, (exp.Paren, exp.Neg)):
        argument = argument.this
    if isinstance(argument, exp.Cast):
        try:
            return types.from_sqlglot(argument.to).name
        except SqlError:
            return ""
    if isinstance(argument, exp.Null) or (isinstance(argument, exp.Literal) and argument.is_string):
        return UNKNOWN
    if isinstance(argument, exp.Literal):
        return _number(argument)
    return "boolean" if isinstance(argument, exp.Boolean) else ""


def _number(literal: exp.Literal) -> str:
    if not literal.is_int:
        return "numeric"
    value = int(literal.name)
    return "integer" if value < 1 << 31 else "bigint" if value < 1 << 63 else "numeric"
