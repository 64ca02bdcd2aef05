"""Redshift's request and reply for a batch of rows, and where a batch ends.

Source: Redshift, "Scalar Lambda UDFs"; the wording of the errors after facts known from users' reports.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.objects.functions import Function

    Array = np.ndarray[Any, Any]

CLUSTER = "arn:aws:redshift:us-east-1:000000000000:namespace:local"
# Lambda, "Quotas": 6 MB each way in a synchronous call.
PAYLOAD_LIMIT = 6 * 1024 * 1024
INVALID = "Invalid External Function Response"


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Everything of a request but its rows and its own id."""

    user: str
    database: str
    function: str
    query_id: int

    def wrap(self, request_id: str, count: int, rows: bytes | memoryview) -> bytes:
        """`rows` are the arguments of `count` rows, JSON lists with commas between them."""
        head = {
            "request_id": request_id,
            "cluster": CLUSTER,
            "user": self.user,
            "database": self.database,
            "external_function": self.function,
            "query_id": self.query_id,
            "num_records": count,
        }
        return b"".join((orjson.dumps(head)[:-1], b',"arguments":[', rows, b"]}"))

    @property
    def overhead(self) -> int:
        """Bytes of a request beside its rows and commas; the id is a UUID, num_records takes up to ten digits."""
        return len(self.wrap("0" * 36, 0, b"")) + 9


def bounds(ends: Array, *, overhead: int, rows: int, size: int) -> list[tuple[int, int]]:
    """Slices of rows, in order: each has at most `rows` rows, and `size` bytes as a request.

    `ends` is where each row's JSON ends, with its comma, counted from the first. A row that is too long by itself
    makes a batch of its own.
    """
    found: list[tuple[int, int]] = []
    start, count = 0, len(ends)
    while start < count:
        before = int(ends[start - 1]) if start else 0
        fitting = int(np.searchsorted(ends, before + size - overhead + 1, side="right"))
        end = min(max(fitting, start + 1), start + rows, count)
        found.append((start, end))
        start = end
    return found


def read_reply(text: str, function: Function, count: int) -> list[Any]:
    """The results of a reply's text, checked. Raises SqlError with Redshift's complaint."""
    loads: Callable[[str], Any] = _exact if function.returns.name == "numeric" else orjson.loads
    try:
        reply = loads(text)
    except ValueError:
        raise SqlError("XX000", f"{INVALID}: the reply's text is not JSON: {text[:200]}") from None
    if not isinstance(reply, dict) or "success" not in reply:
        raise SqlError("XX000", f'{INVALID}: the reply has no "success"')
    if reply["success"] is not True:
        raise SqlError("XX000", str(reply.get("error_msg") or "the external function failed without error_msg"))
    results = reply.get("results")
    if not isinstance(results, list):
        raise SqlError("XX000", f'{INVALID}: the reply has no list "results"')
    if len(results) != count or reply.get("num_records", count) != count:
        given = len(results) if len(results) != count else reply["num_records"]
        raise SqlError("XX000", f"{INVALID}: invalid number of results, {given} for {count} rows")
    return results


def reply_text(body: bytes) -> str:
    """A reply is a JSON string that holds JSON: a handler that returns an object is refused."""
    try:
        outer = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SqlError("XX000", f"{INVALID}: the reply is not JSON") from None
    if not isinstance(outer, str) or not outer:
        hint = "return json.dumps({...}), not the object itself"
        raise SqlError("XX000", f"{INVALID}: Empty format", hint=hint)
    return outer


def _exact(text: str) -> Any:
    """Numbers as they are written: a float would lose digits of a DECIMAL."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)
