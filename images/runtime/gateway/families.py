"""Redshift's types, grouped into the families that the runtime treats alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal[
    "integer", "float", "decimal", "boolean", "text", "spatial", "super", "bytes", "date", "timestamp", "time", "any"
]

# Redshift, "Character types": VARCHAR holds at most 65,535 bytes. What crosses as text is bound by it too.
TEXT_LIMIT = 65_535

_FAMILIES: dict[str, Family] = {
    "SMALLINT": "integer",
    "INT2": "integer",
    "INTEGER": "integer",
    "INT": "integer",
    "INT4": "integer",
    "BIGINT": "integer",
    "INT8": "integer",
    "REAL": "float",
    "FLOAT4": "float",
    "DOUBLE PRECISION": "float",
    "FLOAT8": "float",
    "FLOAT": "float",
    "DECIMAL": "decimal",
    "NUMERIC": "decimal",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "VARCHAR": "text",
    "CHARACTER VARYING": "text",
    "NVARCHAR": "text",
    "TEXT": "text",
    "CHAR": "text",
    "CHARACTER": "text",
    "NCHAR": "text",
    "BPCHAR": "text",
    "GEOMETRY": "spatial",
    "GEOGRAPHY": "spatial",
    "SUPER": "super",
    "VARBYTE": "bytes",
    "VARBINARY": "bytes",
    "BINARY VARYING": "bytes",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITHOUT TIME ZONE": "timestamp",
    "TIMESTAMPTZ": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIME": "time",
    "TIME WITHOUT TIME ZONE": "time",
    "TIMETZ": "time",
    "TIME WITH TIME ZONE": "time",
}
_BITS = {"SMALLINT": 16, "INT2": 16, "INTEGER": 32, "INT": 32, "INT4": 32}
# Redshift makes TEXT VARCHAR(256) and BPCHAR CHAR(256); the others default to what the catalogue writes.
_SIZES = {"TEXT": 256, "BPCHAR": 256}


@dataclass(frozen=True, kw_only=True)
class WireType:
    """A public type of a function. `limit` is in bytes and binds text; `low` and `high` bind integers."""

    name: str
    family: Family
    limit: int = TEXT_LIMIT
    low: int = 0
    high: int = 0
    zoned: bool = False


def wire_type(name: str) -> WireType:
    """`VARCHAR(20)`, `DECIMAL(18, 3)`, `double precision`. Raises ValueError for a type that is not Redshift's."""
    head, _, tail = name.upper().partition("(")
    word, size = " ".join(head.split()), tail.partition(")")[0].partition(",")[0].strip()
    family = _FAMILIES.get(word)
    if family is None or ("(" in name) != name.rstrip().endswith(")"):
        raise ValueError(f"{name!r} is not a Redshift type")
    bits = _BITS.get(word, 64)
    limit = _SIZES.get(word, TEXT_LIMIT)
    if family == "text" and size.isdecimal():
        limit = min(int(size), TEXT_LIMIT)
    return WireType(
        name=name,
        family=family,
        limit=limit,
        low=-(2 ** (bits - 1)),
        high=2 ** (bits - 1) - 1,
        zoned=word in {"TIMESTAMPTZ", "TIMETZ"} or "WITH TIME ZONE" in word,
    )
