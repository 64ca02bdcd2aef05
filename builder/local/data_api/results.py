"""Results of the Data API: kept on disk as the rows came off the engine, and read back a page at a time."""

from __future__ import annotations

import csv
import io
import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from builder.local.sql.types import Type
    from builder.local.wire.results import Column

# "Troubleshooting issues for Amazon Redshift Data API": 500 MB in the result set (it was 100 MB until 2025).
RESULT_LIMIT = 500 * 1000 * 1000
# Not documented. A page is full when its rows' values reach this.
PAGE_BYTES = 1_000_000
_HEAD = struct.Struct("!cih")
_LENGTH = struct.Struct("!i")

# typeName, precision and scale as the JDBC driver behind the Data API gives them; the developer guide's samples of
# get-statement-result show int2, int4, int8, timestamp and the texts.
_META: dict[str, tuple[str, int, int]] = {
    "boolean": ("bool", 1, 0),
    "smallint": ("int2", 5, 0),
    "integer": ("int4", 10, 0),
    "bigint": ("int8", 19, 0),
    "real": ("float4", 8, 8),
    "double precision": ("float8", 17, 17),
    "date": ("date", 13, 0),
    "time without time zone": ("time", 15, 6),
    "timestamp without time zone": ("timestamp", 29, 6),
    "timestamp with time zone": ("timestamptz", 35, 6),
}
_SHORT = {"character varying": "varchar", "character": "bpchar", "binary varying": "varbyte", "text[]": "_text"}
_SIGNED = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_UNKNOWN = 2_147_483_647


class TooLarge(Exception):  # noqa: N818 - the runner turns it into the statement's error
    """A result beyond the documented limit."""


@dataclass(kw_only=True)
class Kept:
    """One statement's rows, as DataRow messages in text format, in a file of their own. `pages` are (place, rows).

    The file is open only while it is written or a page is read: results stay for a day, and there may be thousands.
    """

    columns: tuple[Column, ...]
    path: Path
    limit: int = RESULT_LIMIT
    rows: int = 0
    size: int = 0
    pages: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file = self.path.open("wb")
        self.written = 0
        self.filling = PAGE_BYTES

    def add(self, messages: bytes) -> None:
        """Raises TooLarge once the values are beyond the limit."""
        at = 0
        while at < len(messages):
            length = _HEAD.unpack_from(messages, at)[1]
            values = length - 6 - 4 * len(self.columns)
            if self.filling >= PAGE_BYTES:
                self.pages.append((self.written + at, 0))
                self.filling = 0
            place, rows = self.pages[-1]
            self.pages[-1] = (place, rows + 1)
            self.filling += values
            self.size += values
            self.rows += 1
            at += length + 1
        self.file.write(messages)
        self.written += len(messages)
        if self.size > self.limit:
            raise TooLarge

    def finish(self) -> None:
        """Behind the last row."""
        self.file.close()

    def page(self, number: int) -> Iterator[list[str | None]]:
        """The rows of a page, values as PostgreSQL's text. The first page of an empty result is empty."""
        if number >= len(self.pages):
            return
        start = self.pages[number][0]
        end = self.pages[number + 1][0] if number + 1 < len(self.pages) else self.written
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(end - start)
        at = 0
        while at < len(data):
            length = _HEAD.unpack_from(data, at)[1]
            yield list(_values(data, at + _HEAD.size, len(self.columns)))
            at += length + 1

    def close(self) -> None:
        """Lets the rows go."""
        self.file.close()
        self.path.unlink(missing_ok=True)


def _values(data: bytes, at: int, count: int) -> Iterator[str | None]:
    for _ in range(count):
        length = _LENGTH.unpack_from(data, at)[0]
        at += 4
        yield None if length < 0 else data[at : at + length].decode()
        at += max(length, 0)


# Fields ---------------------------------------------------------------------------------------------------------------


def _long(text: str) -> dict[str, Any]:
    return {"longValue": int(text)}


def _double(text: str) -> dict[str, Any]:
    value = float(text)
    if math.isfinite(value):
        return {"doubleValue": value}
    # JSON has no such numbers; AWS's JSON protocol writes them as texts (Smithy, "AWS JSON 1.1": NaN, Infinity).
    return {"doubleValue": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}


def _boolean(text: str) -> dict[str, Any]:
    return {"booleanValue": text == "t"}


def _blob(text: str) -> dict[str, Any]:
    import base64  # noqa: PLC0415 - few results hold VARBYTE

    return {"blobValue": base64.b64encode(bytes.fromhex(text)).decode()}


def _string(text: str) -> dict[str, Any]:
    return {"stringValue": text}


def _timestamp(text: str) -> dict[str, Any]:
    """As Java's Timestamp prints it: the samples show `00:00:00.0` and `17:33:51.88712`."""
    whole, point, fraction = text.partition(".")
    return {"stringValue": f"{whole}.{fraction.rstrip('0') or '0'}" if point else f"{text}.0"}


# "Mapping JDBC data types when calling the Data API": whole numbers LONG, floating point DOUBLE, DECIMAL STRING,
# binary BLOB, dates and everything else STRING.
_FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "smallint": _long,
    "integer": _long,
    "bigint": _long,
    "real": _double,
    "double precision": _double,
    "boolean": _boolean,
    "binary varying": _blob,
    "timestamp without time zone": _timestamp,
}


def records(kept: Kept, number: int) -> list[list[dict[str, Any]]]:
    """A page as GetStatementResult gives it."""
    readers = [_FIELDS.get(column.type.name, _string) for column in kept.columns]
    return [
        [{"isNull": True} if text is None else read(text) for read, text in zip(readers, row, strict=True)]
        for row in kept.page(number)
    ]


def csv_records(kept: Kept, number: int) -> list[dict[str, str]]:
    """A page as GetStatementResultV2 gives it: CSV with a line of names on the first page, NULL as nothing."""
    out = io.StringIO()
    writer = csv.writer(out)
    if number == 0:
        writer.writerow([column.name for column in kept.columns])
    booleans = [column.type.name == "boolean" for column in kept.columns]
    for row in kept.page(number):
        pairs = zip(row, booleans, strict=True)
        writer.writerow([{"t": "true", "f": "false"}.get(text or "", text) if flag else text for text, flag in pairs])
    return [{"CSVRecords": out.getvalue()}]


def metadata(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """ColumnMetadata of a result. Which table a column came from is not known here."""
    return [
        {"label": each.name, **describe(each.name, each.type), "schemaName": "", "tableName": ""} for each in columns
    ]


def describe(name: str, kind: Type) -> dict[str, Any]:
    """What ColumnMetadata says of a type."""
    first = kind.arguments[0] if kind.arguments else _UNKNOWN
    scale = kind.arguments[1] if kind.name == "numeric" else 0
    short, precision, scale = _META.get(kind.name, (_SHORT.get(kind.name, kind.name), first, scale))
    return {
        "isCaseSensitive": kind.name not in _META and kind.name != "numeric",
        "isCurrency": False,
        "isSigned": kind.name in _SIGNED,
        "length": 0,
        "name": name,
        "nullable": 1,
        "precision": precision,
        "scale": scale,
        "typeName": short,
    }
