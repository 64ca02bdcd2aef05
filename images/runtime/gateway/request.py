"""Redshift's request: bytes to columns.

    {"request_id": ..., "cluster": ..., "user": ..., "database": ..., "external_function": "schema.name",
     "query_id": ..., "num_records": 3, "arguments": [[1, 2], null, [4, 6]]}

(Amazon Redshift Database Developer Guide, "Creating a scalar Lambda UDF": its sample holds the bare null.) A row of a
function with one argument may be a list or the bare value; without arguments there may be no rows, only their number.
"""

from __future__ import annotations

from operator import countOf
from typing import TYPE_CHECKING, Any

import orjson

from gateway.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Callable


def parse(body: bytes, *, exact: bool = False) -> dict[str, Any]:
    """The request's object. With `exact` every digit of every number is kept, which takes several times as long.

    What orjson refuses and Python's parser takes, a lone surrogate or a bare NaN, is taken. Raises BatchError.
    """
    event: Any = None
    try:
        event = _parse_exactly(body) if exact else orjson.loads(body)
    except ValueError as error:
        event = _parse_leniently(body, error)
    if not isinstance(event, dict):
        raise BatchError(f"the request is {_kind(event)}, not an object as Redshift sends it")
    return event


def parse_as_python(body: bytes) -> dict[str, Any]:
    """The request as awslambdaric would have parsed it: integers past 64 bits keep their digits."""
    import json  # noqa: PLC0415  only where the fast parser is not enough

    event: dict[str, Any] = json.loads(body)
    return event


def is_check(event: dict[str, Any]) -> bool:
    """`{"gateway": "check"}`, a deploy's question before it moves anything to new code. Redshift sends no such key."""
    return event.get("gateway") == "check"


def function_name(event: dict[str, Any]) -> str:
    """The last part of `external_function`, unquoted and in lower case: Redshift folds names, quoted ones too."""
    name = event.get("external_function")
    last = _last_part(name.strip()) if isinstance(name, str) else ""
    if not last:
        raise BatchError(f"the request's external_function is {name!r}: nothing says which function to call")
    return last.lower()


def row_count(event: dict[str, Any]) -> int:
    """How many results Redshift waits for. Raises BatchError where the request contradicts itself."""
    rows, said = event.get("arguments"), event.get("num_records")
    if said is not None and (not isinstance(said, int) or said < 0):
        raise BatchError(f"the request's num_records is {said!r}")
    if rows is None:
        return said or 0
    if not isinstance(rows, list):
        raise BatchError(f"the request's arguments are {_kind(rows)}, not a list of rows")
    if said is not None and said != len(rows):
        raise BatchError(f"the request says {said} rows (num_records) and holds {len(rows)}")
    return len(rows)


def columns(event: dict[str, Any], arity: int) -> list[list[Any]]:
    """The arguments as one list per argument. A null row is NULL in every column. Raises BatchError."""
    count = row_count(event)
    rows: list[Any] | None = event.get("arguments")
    if rows is None:
        if arity and count:
            raise BatchError(f"the request has no arguments for its {count} rows; the function takes {arity}")
        return [[] for _ in range(arity)]
    if countOf(map(type, rows), list) != count:
        rows = [_as_list(row, arity, place) for place, row in enumerate(rows)]
    try:
        found = list(map(list, zip(*rows, strict=True)))
    except ValueError:
        found = []
    if count and len(found) != arity:
        place, row = next((place, row) for place, row in enumerate(rows) if len(row) != arity)
        raise BatchError(f"row {place} of the request has {len(row)} arguments; the function takes {arity}")
    return found or [[] for _ in range(arity)]


def width(event: dict[str, Any], function: Callable[..., Any]) -> int:
    """How many arguments the rows have, where no manifest says it: the first row's, else the function's."""
    rows = event.get("arguments") or ()
    first = next((row for row in rows if row is not None), None)
    if isinstance(first, list):
        return len(first)
    if first is not None:
        return 1
    code = getattr(function, "__code__", None)
    return int(code.co_argcount) if code is not None and rows else 0


def _last_part(name: str) -> str:
    """Of a possibly qualified name. Within quotes a quote is doubled, and dots are letters."""
    if not name.endswith('"'):
        return name.rpartition(".")[2].strip()
    start = name.rfind('"', 0, -1)
    while start > 0 and name[start - 1] == '"':
        start = name.rfind('"', 0, start - 1)
    return name[start + 1 : -1].replace('""', '"') if start >= 0 else ""


def _as_list(row: Any, arity: int, place: int) -> list[Any]:
    if row is None:
        return [None] * arity
    if isinstance(row, list):
        return row
    if arity == 1:
        return [row]
    raise BatchError(f"row {place} of the request is {_kind(row)}; the function takes {arity} arguments, as a list")


def _parse_exactly(body: bytes) -> Any:
    import json  # noqa: PLC0415  only where the fast parser is not enough
    from decimal import Decimal  # noqa: PLC0415  the same

    return json.loads(body, parse_float=Decimal)


def _parse_leniently(body: bytes, refusal: ValueError) -> Any:
    import json  # noqa: PLC0415  see above

    try:
        return json.loads(body)
    except ValueError:
        # Lambda's emulator cuts requests over 6 MiB without a word, so the size helps to see why.
        raise BatchError(f"the request of {len(body):,} bytes is not JSON: {refusal}") from refusal


def _kind(value: Any) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
