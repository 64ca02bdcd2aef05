"""Conditions of IAM policy statements, judged over the keys that are known.

Source: IAM, "IAM JSON policy elements: Condition operators" and "Creating a condition with multiple keys or values".
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# True or False where the keys are known; None where AWS may know more than we do.
Verdict = bool | None

_SETS = ("ForAllValues:", "ForAnyValue:")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@cache
def pattern(text: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """`*` is any number of characters, `?` one; `${*}` and the like are themselves."""
    parts = []
    for part in re.split(r"(\$\{[*?$]\}|\*|\?)", text):
        special = {"*": ".*", "?": "."}.get(part)
        literal = part[2] if len(part) == 4 and part.startswith("${") else part  # noqa: PLR2004 - ${*}
        parts.append(special or re.escape(literal))
    return re.compile("".join(parts), (re.IGNORECASE if ignore_case else 0) | re.DOTALL)


def like(value: str, wanted: str, *, ignore_case: bool = False) -> bool:
    return pattern(wanted, ignore_case=ignore_case).fullmatch(value) is not None


def filled(text: str, context: Mapping[str, str]) -> str | None:
    """Policy variables replaced; None where one is not known. The first of several values is taken."""
    known = {key.lower(): value for key, value in context.items()}
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = found[1].partition(",")
        if name in {"*", "?", "$"}:
            return found[0]
        if name.strip().lower() in known:
            return known[name.strip().lower()]
        missing = missing or not default
        return default.strip(" '")

    made = _VARIABLE.sub(value, text)
    return None if missing else made


def met(conditions: Mapping[str, Any], context: Mapping[str, str], absent: frozenset[str]) -> Verdict:
    """Whether all operators hold. `absent` are keys that AWS would not have either."""
    known = {key.lower(): value for key, value in context.items()}
    verdicts = [
        _holds(operator, key, values if isinstance(values, list) else [values], known, absent)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    ]
    if any(verdict is False for verdict in verdicts):
        return False
    return None if any(verdict is None for verdict in verdicts) else True


def keys(conditions: Mapping[str, Any]) -> set[str]:
    return {key for pairs in conditions.values() for key in pairs}


def _holds(operator: str, key: str, wanted: list[Any], known: Mapping[str, str], absent: frozenset[str]) -> Verdict:
    quantifier = next((each for each in _SETS if operator.startswith(each)), "")
    name = operator.removeprefix(quantifier)
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    value = known.get(key.lower())
    if value is None:
        return _without(name, key.lower() in absent, optional or quantifier == "ForAllValues:", wanted)
    texts = [_text(each) for each in wanted]
    if name == "Null":
        return "false" in texts
    test = _OPERATORS.get(name)
    if test is None:
        return None
    values = [filled(text, known) for text in texts]
    results = [test(value, each) for each in values if each is not None]
    if any(each is None for each in values) and not any(results):
        return None
    # Several values are alternatives; of a negated operator, none may match.
    return not any(results) if name in _NEGATED else any(results)


def _without(name: str, certain: bool, optional: bool, wanted: list[Any]) -> Verdict:  # noqa: FBT001 - both are facts of one key
    if not certain:
        return None
    if name == "Null":
        return "true" in [_text(each) for each in wanted]
    return optional or name in _NEGATED


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(test: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def compare(value: str, wanted: str) -> bool:
        try:
            return test(float(value), float(wanted))
        except ValueError:
            return False

    return compare


def _date(test: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def seconds(text: str) -> float:
        return float(text) if text.isdigit() else dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

    def compare(value: str, wanted: str) -> bool:
        try:
            return test(seconds(value), seconds(wanted))
        except ValueError:
            return False

    return compare


def _like(value: str, wanted: str) -> bool:
    return like(value, wanted)


def _equal(value: str, wanted: str) -> bool:
    return value == wanted


def _same_letters(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}
# A negated operator has its positive's test: what may not match.
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringNotEquals": _equal,
    "StringEqualsIgnoreCase": _same_letters,
    "StringNotEqualsIgnoreCase": _same_letters,
    "StringLike": _like,
    "StringNotLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "ArnNotEquals": _like,
    "ArnNotLike": _like,
    "Bool": _same_letters,
    **{f"Numeric{name}": _number(test) for name, test in _ORDERS.items()},
    "NumericNotEquals": _number(_ORDERS["Equals"]),
    **{f"Date{name}": _date(test) for name, test in _ORDERS.items()},
    "DateNotEquals": _date(_ORDERS["Equals"]),
}
_NEGATED = frozenset(name for name in _OPERATORS if "Not" in name) | {"NotIpAddress"}
