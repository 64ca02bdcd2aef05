"""Any value to JSON text, with what orjson refuses: wide integers, Decimal, odd arrays, keys that are no text."""

from __future__ import annotations

from typing import Any

import orjson

OPTIONS = orjson.OPT_SERIALIZE_NUMPY


def json_text(value: Any) -> str:
    """JSON text of a value. NaN and the infinities, which JSON lacks, become null. Raises ValueError."""
    try:
        return orjson.dumps(value, default=plain, option=OPTIONS).decode()
    except TypeError:
        pass
    try:
        return orjson.dumps(_rebuilt(value), default=plain, option=OPTIONS).decode()
    except TypeError as error:
        raise ValueError(f"the result cannot be written as JSON: {error.__cause__ or error}") from error


def plain(value: Any) -> Any:
    """For orjson's `default`: what stands for a value that it does not know. Raises TypeError."""
    kind = type(value)
    if kind.__module__ in {"decimal", "_decimal"}:
        # The digits as they are: a float would lose some.
        return orjson.Fragment(format(value, "f")) if value.is_finite() else None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return value.hex()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} has no JSON")


def _rebuilt(value: Any) -> Any:
    """The same document out of parts that orjson takes. Slow, and rarely needed."""
    if isinstance(value, dict):
        return {_key(key): _rebuilt(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rebuilt(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        # orjson ends at 64 bits.
        return orjson.Fragment(str(int(value)))
    return value


def _key(key: Any) -> str:
    """A key as json.dumps writes it."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return repr(key) if isinstance(key, float) else str(key)
