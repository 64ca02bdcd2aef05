"""One result value to what crosses: the exact road, for whatever the fast one does not know.

Each function takes a value that is not None and returns what crosses, or raises ValueError with a message for the
person who wrote the SQL: ValueError whatever was wrong, since it is a row's error and not a programmer's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.families import Family, WireType

_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def convert(value: Any, wire: WireType) -> Any:
    """What crosses for a value that is not None. A NumPy scalar counts as the Python value that it holds."""
    if type(value).__module__ == "numpy":
        value = _from_numpy(value)
    if value is None:
        return None
    return _CONVERTERS[wire.family](value, wire)


def float_text(value: float) -> str:
    """The shortest text that reads back as the same double, spelt as Redshift casts it: NaN, Infinity, 1e+16."""
    text = float.__repr__(value)
    return _NOT_FINITE.get(text, text)


def _from_numpy(value: Any) -> Any:
    """The Python value. A datetime64 in nanoseconds would come out as a number: microseconds are Redshift's own."""
    if getattr(value, "ndim", 1) != 0:
        return value
    if type(value).__name__ == "datetime64":
        return value.astype("datetime64[us]").item()
    return value.item()


def _integer(value: Any, wire: WireType) -> int:
    number = _whole(value)
    if number is None:
        raise ValueError(f"the result {_shown(value)} is not a {wire.name}")
    if not wire.low <= number <= wire.high:
        raise ValueError(f"the result {number} is out of {wire.name}'s range {wire.low} to {wire.high}")
    return number


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    try:
        number = int(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if isinstance(value, str) or number == value else None


def _float(value: Any, wire: WireType) -> str:
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    try:
        if isinstance(value, bool):
            raise TypeError  # noqa: TRY301  the same answer as for what float() refuses
        return float_text(float(value))
    except (ValueError, TypeError) as error:
        raise ValueError(f"the result {_shown(value)} is not a {wire.name}") from error


def _decimal(value: Any, wire: WireType) -> str:
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415  only where a function returns a DECIMAL

    try:
        number = Decimal(float.__repr__(value)) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, ValueError, TypeError) as error:
        raise ValueError(f"the result {_shown(value)} is not a {wire.name}") from error
    if isinstance(value, bool) or not number.is_finite():
        raise ValueError(f"the result {_shown(value)} is not a {wire.name}")
    return format(number, "f")


def _boolean(value: Any, wire: WireType) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"the result {_shown(value)} is not a {wire.name}: return True, False or None")


def _text(value: Any, wire: WireType) -> str:
    return _bounded(value if type(value) is str else _as_text(value, wire), wire)


def _as_text(value: Any, wire: WireType) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return value.hex()
    if type(value).__module__ in {"datetime", "decimal", "_decimal", "uuid"}:
        return str(value)
    raise ValueError(
        f"the result {_shown(value)} is a {type(value).__name__}, not a text: return json.dumps(...), "
        f"or declare `object` (SUPER) instead of {wire.name}"
    )


def _as_it_is(value: Any, wire: WireType) -> Any:
    """Where a template decides the type: Redshift reads numbers, booleans and texts."""
    if isinstance(value, bool) or type(value) is str:
        return value
    if isinstance(value, float):
        text = float_text(value)
        return text if text in _NOT_FINITE.values() else float(value)
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**63 else str(int(value))
    if isinstance(value, (dict, list, tuple)) or hasattr(value, "tolist"):
        return json_text(value)
    return _as_text(value, wire)


def _spatial(value: Any, wire: WireType) -> str:
    # Not shapely's `wkt` behind one's back: it gives 16 digits, and a double can need 17.
    if not isinstance(value, str):
        raise ValueError(f"the result {_shown(value)} is not a {wire.name}: return WKT")  # noqa: TRY004  see the top
    return _bounded(str.__str__(value), wire)


def _super(value: Any, wire: WireType) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise ValueError(f"the result {_shown(value)} is bytes, which JSON does not have")  # noqa: TRY004
    return _bounded(value if type(value) is str else json_text(value), wire)


def _bytes(value: Any, wire: WireType) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bounded(value.hex(), wire)
    try:
        bytes.fromhex(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"the result {_shown(value)} is not a {wire.name}: return bytes") from error
    return _bounded(str(value), wire)


def _date(value: Any, wire: WireType) -> str:
    import datetime as dt  # noqa: PLC0415  orjson has imported it already

    if isinstance(value, dt.datetime):
        if value.time() != dt.time.min:
            raise ValueError(f"the result {value} has a time of day, which {wire.name} would lose")
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return _temporal_text(value, wire)


def _timestamp(value: Any, wire: WireType) -> str:
    import datetime as dt  # noqa: PLC0415  see above

    if isinstance(value, dt.datetime):
        if value.tzinfo is not None and not wire.zoned:
            # TIMESTAMP has no zone, and Redshift drops an offset from its text without converting it.
            value = value.astimezone(dt.timezone.utc).replace(tzinfo=None)
        return str(value)
    if isinstance(value, dt.date):
        return f"{value.isoformat()} 00:00:00"
    return _temporal_text(value, wire)


def _time(value: Any, wire: WireType) -> str:
    import datetime as dt  # noqa: PLC0415  see above

    return str(value) if isinstance(value, dt.time) else _temporal_text(value, wire)


def _temporal_text(value: Any, wire: WireType) -> str:
    if isinstance(value, str):
        return _bounded(str.__str__(value), wire)
    raise ValueError(f"the result {_shown(value)} is not a {wire.name}: return Python's datetime types, or ISO text")


def _bounded(text: str, wire: WireType) -> str:
    """The text, or an error: Redshift's VARCHAR is counted in bytes of UTF-8, and a cut would be silent."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise ValueError("the result holds half of a surrogate pair, which UTF-8 cannot carry") from error
    if size > wire.limit:
        raise ValueError(f"the result is {size:,} bytes long; {wire.name} holds at most {wire.limit:,}")
    return text


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004  enough to recognise it


_CONVERTERS: dict[Family, Callable[[Any, WireType], Any]] = {
    "integer": _integer,
    "float": _float,
    "decimal": _decimal,
    "boolean": _boolean,
    "text": _text,
    "spatial": _spatial,
    "super": _super,
    "bytes": _bytes,
    "date": _date,
    "timestamp": _timestamp,
    "time": _time,
    "any": _as_it_is,
}
