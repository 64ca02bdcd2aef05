"""TO_CHAR, TO_NUMBER, TO_DATE and TO_TIMESTAMP: their formats, for the macros of formats.sql and for strptime.

Redshift, "Datetime format strings", "Numeric format strings".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql.dialect import call
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from builder.local.sql.resolve import Names

_QUOTED = re.compile(r'"[^"]*"')
_NUMBER = re.compile(r"(?i)[90]|RN")
_DIGITS = re.compile(r"[90]")
# What a format for numbers consists of; the rest is shown as it is, before the digits.
_SIGNS = re.compile(r"(?i)FM|MI|PR|SG|PL|S")
_LIMIT = 38
# What reads a part of a date, in strptime's letters.
_READ = (
    ("YYYY", "%Y"), ("YY", "%y"), ("MONTH", "%B"), ("MON", "%b"), ("MM", "%m"), ("DDD", "%j"), ("DD", "%d"),
    ("DAY", "%A"), ("DY", "%a"), ("HH24", "%H"), ("HH12", "%I"), ("HH", "%I"), ("MI", "%M"), ("SS", "%S"),
    ("MS", "%g"), ("US", "%f"), ("A.M.", "%p"), ("P.M.", "%p"), ("AM", "%p"), ("PM", "%p"), ("OF", "%z"), ("TZ", "%Z"),
    ("FM", ""), ("TH", ""),
)  # fmt: skip


def to_char(node: exp.Anonymous, _names: Names) -> exp.Expr:
    """TO_CHAR(value, format): a number where the format has places for digits, else a date or time."""
    value, form = _two(node)
    text = form.name if isinstance(form, exp.Literal) else None
    if text is None or not _NUMBER.search(_QUOTED.sub("", text)):
        return call("to_char_date", value, form)
    return _number_text(value, text)


def _number_text(value: exp.Expr, form: str) -> exp.Expr:
    upper = form.upper()
    short = "FM" in upper
    if "RN" in upper:
        return call("roman", value, _flag(short))
    if re.search(r"V|EEEE|TH", upper):
        raise unsupported(f"the numeric format {form!r}")
    plain = _SIGNS.sub("", upper).replace("D", ".").replace("G", ",")
    whole, _, fraction = plain.partition(".")
    digits = [mark for mark in whole if mark in "90,"]
    size, places = sum(mark != "," for mark in digits), len(_DIGITS.findall(fraction))
    if size + places > _LIMIT:
        raise SqlError("22023", f'the numeric format "{form}" has more than {_LIMIT} digits')
    zeros = size - "".join(digits).replace(",", "").find("0") if "0" in digits else 0
    rounded = exp.Cast(this=exp.Abs(this=value), to=_decimal(max(_LIMIT, places), places))
    negative = exp.LT(this=value.copy(), expression=exp.Literal.number(0))
    kept = len(_DIGITS.findall(fraction[: fraction.rfind("0") + 1]))
    groups = exp.Array(expressions=[exp.Literal.number(place) for place in _groups(digits)] or [exp.Literal.number(0)])
    return call(
        "number_text",
        exp.Cast(this=rounded, to=exp.DataType(this=exp.DType.USERDEFINED, kind="VARCHAR")),
        negative,
        *(exp.Literal.number(each) for each in (size, zeros)),
        groups,
        exp.Literal.number(places),
        exp.Literal.string(_sign(upper)),
        exp.Literal.string("$" if "L" in whole or "$" in whole else ""),
        _flag(short),
        exp.Literal.number(kept),
    )


def _groups(digits: list[str]) -> list[int]:
    """The places of digits, from 1, that a comma stands before."""
    return [1 + sum(mark != "," for mark in digits[:index]) for index, mark in enumerate(digits) if mark == ","]


def _sign(form: str) -> str:
    first = _DIGITS.search(form)
    behind = first.start() if first else 0
    for word, name in (("MI", "MI"), ("PR", "PR"), ("SG", "MI"), ("S", "S")):
        at = form.find(word)
        if at >= 0:
            return name if word == "PR" or at < behind else f"{name}>"
    return ""


def to_number(node: exp.Anonymous, _names: Names) -> exp.Expr:
    """TO_NUMBER(text, format): as many digits behind the point as the format has places."""
    value, form = _two(node)
    if not isinstance(form, exp.Literal):
        raise unsupported("TO_NUMBER with a format that is no literal")
    _, _, fraction = form.name.upper().replace("D", ".").partition(".")
    return exp.Cast(this=call("number_of", value), to=_decimal(_LIMIT, len(_DIGITS.findall(fraction))))


def to_date(node: exp.Anonymous, _names: Names) -> exp.Expr:
    """TO_DATE(text, format [, is_strict])."""
    return exp.Cast(this=_read(node), to=exp.DataType(this=exp.DType.USERDEFINED, kind="DATE"))


def to_timestamp(node: exp.Anonymous, _names: Names) -> exp.Expr:
    """TO_TIMESTAMP(text, format [, is_strict]): a TIMESTAMPTZ."""
    return exp.Cast(this=_read(node), to=exp.DataType(this=exp.DType.USERDEFINED, kind="TIMESTAMPTZ"))


def _read(node: exp.Anonymous) -> exp.Expr:
    value, form = _two(node, most=3)
    if not isinstance(form, exp.Literal):
        raise unsupported(f"{node.name.upper()} with a format that is no literal")
    return exp.Anonymous(this="strptime", expressions=[value, exp.Literal.string(_strptime(form.name))])


def _strptime(form: str) -> str:
    made, at = "", 0
    while at < len(form):
        word, letters = next(
            ((word, letters) for word, letters in _READ if form[at : at + len(word)].upper() == word), ("", "")
        )
        if not word and form[at].isalpha():
            raise unsupported(f"the format {form!r} for reading a date")
        made += letters if word else form[at].replace("%", "%%")
        at += len(word) or 1
    return made


def _two(node: exp.Anonymous, *, most: int = 2) -> tuple[exp.Expr, exp.Expr]:
    given = node.expressions
    if not 2 <= len(given) <= most:  # noqa: PLR2004 - a value and its format
        raise SqlError("42883", f"function {node.name.lower()} takes a value and a format")
    return given[0].copy(), given[1].copy()


def _flag(value: bool) -> exp.Boolean:  # noqa: FBT001 - the literal of that value
    return exp.Boolean(this=value)


def _decimal(precision: int, scale: int) -> exp.DataType:
    return exp.DataType(this=exp.DType.USERDEFINED, kind=f"DECIMAL({precision},{scale})")
