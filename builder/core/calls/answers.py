"""Answers, of a query or of a function, as values that JSON has."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def objects(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """A row, an object. SQL lets two columns have one name, JSON does not: the second becomes `name_2`."""
    keys = _distinct(columns)
    return [{key: plain(value) for key, value in zip(keys, row, strict=True)} for row in rows]


def plain(value: Any) -> Any:
    """Dates in ISO 8601, bytes in hexadecimal, decimals as text, because a JSON number would lose their digits.

    NaN and the infinities are Redshift's texts: JSON has no number for them (RFC 8259).
    """
    if isinstance(value, float) and not math.isfinite(value):
        return float_text(value)
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, timedelta)):
        return str(value)
    return bytes(value).hex() if isinstance(value, (bytes, bytearray)) else value


def float_text(value: float) -> str:
    """As Redshift writes it, with every digit."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _distinct(columns: Sequence[str]) -> list[str]:
    found: list[str] = []
    for column in columns:
        name, n = column, 1
        while name in found:
            n += 1
            name = f"{column}_{n}"
        found.append(name)
    return found
