"""Values across the Data API: parameters as it takes them, and fields as redshift-connector would give them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot.tokenizer_core import TokenType

from builder.core.calls.answers import float_text
from builder.core.sql.text import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlglot.tokenizer_core import Token

_FRACTION = re.compile(r"\.(\d{1,6})")
_ZONE = re.compile(r"([+-]\d{2})$")
_MISSING = object()


def _moment(text: str) -> str:
    """ISO 8601 as Python 3.10 reads it: six digits of a second, and a zone with minutes."""
    return _ZONE.sub(r"\1:00", _FRACTION.sub(lambda found: f".{found[1]:0<6}", text))


# By typeName of the column's metadata, as the JDBC driver behind the Data API names types.
_READ: dict[str, Callable[[str], Any]] = {
    "numeric": Decimal,
    "date": date.fromisoformat,
    "time": lambda text: time.fromisoformat(_moment(text)),
    "timetz": lambda text: time.fromisoformat(_moment(text)),
    "timestamp": lambda text: datetime.fromisoformat(_moment(text)),
    "timestamptz": lambda text: datetime.fromisoformat(_moment(text)),
}


def value(field: Mapping[str, Any], type_name: str) -> Any:
    """One field of a record. A text that Python has no value for, as a year of five digits, stays a text."""
    if field.get("isNull"):
        return None
    ((kind, found),) = ((kind, found) for kind, found in field.items() if kind != "isNull")
    if kind == "blobValue":
        return bytes(found).hex()
    if kind == "stringValue" and type_name in _READ:
        with suppress(ValueError, ArithmeticError):
            return _READ[type_name](found)
    return found


def bound(sql: str, parameters: Sequence[Any]) -> tuple[str, list[dict[str, str]]]:
    """`%s` of DB-API's `format` style as the Data API's names, and the values as its texts.

    NULL and the empty text have no place among its values (SqlParameter: a string of at least one character): they are
    written out. Raises ValueError for a wrong number of parameters. Without parameters nothing is replaced.
    """
    if not parameters:
        return sql, []
    values = iter(parameters)
    pieces: list[str] = []
    named: list[dict[str, str]] = []
    at = 0
    for start, end, mark in _marks(sql):
        pieces.append(sql[at:start])
        at = end
        pieces.append("%" if mark == "%%" else _placed(next(values, _MISSING), named))
    if next(values, _MISSING) is not _MISSING:
        raise ValueError("there are more parameters than %s in the statement")
    return "".join([*pieces, sql[at:]]), named


def _placed(given: Any, named: list[dict[str, str]]) -> str:
    if given is _MISSING:
        raise ValueError("there are more %s in the statement than parameters")
    if given is None or given == "":
        return "NULL" if given is None else "''"
    name = f"p{len(named) + 1}"
    named.append({"name": name, "value": _text(given)})
    return f":{name}"


def _text(given: Any) -> str:
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, float):
        return float_text(given)
    return bytes(given).hex() if isinstance(given, (bytes, bytearray)) else str(given)


def _marks(sql: str) -> Iterator[tuple[int, int, str]]:
    """Every `%s` and `%%` between the tokens, never inside a quote or a comment: where it begins and ends."""
    found = tokens(sql)
    skip: Token | None = None
    for token, after in zip(found, [*found[1:], None], strict=True):
        if token is skip or token.token_type is not TokenType.MOD or after is None or after.start != token.end + 1:
            continue
        if after.token_type is TokenType.MOD:
            skip = after
            yield token.start, after.end + 1, "%%"
        elif after.text == "s":
            yield token.start, after.end + 1, "%s"
