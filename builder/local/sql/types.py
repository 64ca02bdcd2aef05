"""Redshift's data types: their spellings, their place on the wire, and what DuckDB stores for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import SqlglotError

from builder.local.sqlstate import SqlError, unsupported

# Redshift, "Data types": lengths in bytes. facts: VARCHAR(MAX) is 65,535 bytes.
VARCHAR_MAX = 65_535
DEFAULT_VARCHAR = 256
SCHEMA = "_rs"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type without its length: name as Redshift's catalogue spells it, OID, size on the wire, DuckDB's type."""

    name: str
    oid: int
    size: int
    duck: str


# OIDs: PostgreSQL's pg_type; GEOMETRY, GEOGRAPHY, SUPER and VARBYTE as redshift_connector knows them (utils/oids.py).
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="boolean", oid=16, size=1, duck="BOOLEAN"),
        Kind(name="smallint", oid=21, size=2, duck="SMALLINT"),
        Kind(name="integer", oid=23, size=4, duck="INTEGER"),
        Kind(name="bigint", oid=20, size=8, duck="BIGINT"),
        Kind(name="numeric", oid=1700, size=-1, duck="DECIMAL"),
        Kind(name="real", oid=700, size=4, duck="FLOAT"),
        Kind(name="double precision", oid=701, size=8, duck="DOUBLE"),
        Kind(name="character", oid=1042, size=-1, duck="VARCHAR"),
        Kind(name="character varying", oid=1043, size=-1, duck="VARCHAR"),
        Kind(name="date", oid=1082, size=4, duck="DATE"),
        Kind(name="time without time zone", oid=1083, size=8, duck="TIME"),
        Kind(name="time with time zone", oid=1266, size=12, duck="TIMETZ"),
        Kind(name="timestamp without time zone", oid=1114, size=8, duck="TIMESTAMP"),
        Kind(name="timestamp with time zone", oid=1184, size=8, duck="TIMESTAMPTZ"),
        Kind(name="binary varying", oid=6551, size=-1, duck="BLOB"),
        Kind(name="super", oid=4000, size=-1, duck="JSON"),
        Kind(name="geometry", oid=3000, size=-1, duck=f"{SCHEMA}.geometry"),
        Kind(name="geography", oid=3001, size=-1, duck=f"{SCHEMA}.geography"),
        # The catalogue's alone: Redshift has no columns of arrays.
        Kind(name="smallint[]", oid=1005, size=-1, duck="SMALLINT[]"),
        Kind(name="integer[]", oid=1007, size=-1, duck="INTEGER[]"),
        Kind(name="text[]", oid=1009, size=-1, duck="VARCHAR[]"),
        Kind(name="oid[]", oid=1028, size=-1, duck="BIGINT[]"),
    )
}

_BY_SQLGLOT = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INT": "integer",
    "BIGINT": "bigint",
    "DECIMAL": "numeric",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "CHAR": "character",
    "NCHAR": "character",
    "BPCHAR": "character",
    "VARCHAR": "character varying",
    "NVARCHAR": "character varying",
    "TEXT": "character varying",
    "NAME": "character varying",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMETZ": "time with time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMPNTZ": "timestamp without time zone",
    "TIMESTAMPTZ": "timestamp with time zone",
    "VARBINARY": "binary varying",
    "SUPER": "super",
    "GEOMETRY": "geometry",
    "GEOGRAPHY": "geography",
}

# Redshift, "Scalar Lambda UDFs": the types an external function may take and give.
EXTERNAL = frozenset(
    {
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "real",
        "double precision",
        "character",
        "character varying",
        "boolean",
        "date",
        "timestamp without time zone",
    }
)

# What the parser of types does not know under the spelling that Redshift also takes.
_SPELLINGS = (
    (re.compile(r"\bbinary\s+varying\b", re.IGNORECASE), "varbyte"),
    (re.compile(r"\bcharacter\s+varying\b", re.IGNORECASE), "varchar"),
    (re.compile(r"\b(?:bpchar|nchar)\b", re.IGNORECASE), "char"),
    (re.compile(r"\bnvarchar\b", re.IGNORECASE), "varchar"),
    (re.compile(r"\bfloat\b(?!\s*\()", re.IGNORECASE), "float8"),
)


@dataclass(frozen=True, kw_only=True)
class Type:
    """A kind with its arguments: bytes for texts, precision and scale for NUMERIC."""

    kind: Kind
    arguments: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def duck(self) -> str:
        """DuckDB's type. It has no lengths for texts: a table checks them, see `tables.py`."""
        if self.name == "numeric":
            precision, scale = self.arguments
            return f"DECIMAL({precision},{scale})"
        return self.kind.duck

    @property
    def modifier(self) -> int:
        """pg_attribute.atttypmod: with the four bytes of a length word on top."""
        if self.name == "numeric":
            precision, scale = self.arguments
            return ((precision << 16) | scale) + 4
        return self.arguments[0] + 4 if self.arguments and self.name.startswith("character") else -1

    def __str__(self) -> str:
        return f"{self.name}({','.join(map(str, self.arguments))})" if self.arguments else self.name


def of(text: str) -> Type:
    """`VARCHAR(MAX)`, `int8`, `DECIMAL(10,2)` as Redshift spells them. Raises SqlError 42704."""
    for pattern, plain in _SPELLINGS:
        text = pattern.sub(plain, text)
    try:
        parsed = exp.DataType.build(text, dialect="redshift", udt=True)
    except (SqlglotError, ValueError, TypeError, AttributeError):
        # sqlglot falls over some texts that are no type: VARCHAR("").
        raise SqlError("42704", f'type "{text.lower()}" does not exist') from None
    return from_sqlglot(parsed)


def from_sqlglot(parsed: exp.DataType) -> Type:
    """The type that a parsed statement names."""
    name = _BY_SQLGLOT.get(parsed.this.name if isinstance(parsed.this, exp.DType) else "")
    if name is None or any(isinstance(each, exp.DataType) for each in parsed.expressions):
        spelled = parsed.sql(dialect="redshift").lower()
        if spelled in {"hllsketch", "interval", "oid", "varbinary"}:
            raise unsupported(f"type {spelled}")
        raise SqlError("42704", f'type "{spelled}" does not exist')
    kind = KINDS[name]
    return Type(kind=kind, arguments=_arguments(kind, [each.name for each in parsed.expressions]))


def _arguments(kind: Kind, given: list[str]) -> tuple[int, ...]:
    if kind.name == "numeric":
        return _numeric(given)
    if kind.name.startswith("character") and given:
        limit = VARCHAR_MAX if kind.name == "character varying" else 4096
        length = limit if given[0].upper() == "MAX" else _integer(given[0])
        if not 1 <= length <= limit:
            raise SqlError("22023", f"length for type {kind.name} must be between 1 and {limit}")
        return (length,)
    return ()


def _integer(text: str) -> int:
    if not text.isdecimal():
        raise SqlError("42601", f'an integer is needed in a type, not "{text}"')
    return int(text[:10])


def _numeric(given: list[str]) -> tuple[int, int]:
    # Redshift, "Numeric types": DECIMAL alone is DECIMAL(18,0); DuckDB's is DECIMAL(18,3).
    precision = _integer(given[0]) if given else 18
    scale = _integer(given[1]) if len(given) > 1 else 0
    if not 1 <= precision <= 38 or not 0 <= scale <= precision:  # noqa: PLR2004 - Redshift, "Numeric types"
        raise SqlError("22023", f"NUMERIC precision {precision} must be between 1 and 38, scale {scale} within it")
    return precision, scale


_DUCK_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_FROM_DUCK = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIME WITH TIME ZONE": "time with time zone",
    "BLOB": "binary varying",
    "JSON": "super",
    "STRUCT(srid INTEGER, geom GEOMETRY)": "geometry",
    "STRUCT(srid INTEGER, geom GEOMETRY, geographic BOOLEAN)": "geography",
    "SMALLINT[]": "smallint[]",
    "INTEGER[]": "integer[]",
    "VARCHAR[]": "text[]",
    "BIGINT[]": "oid[]",
}


def from_duck(name: str) -> Type:
    """The Redshift type that a result column of DuckDB's type goes out as."""
    decimal = _DUCK_DECIMAL.fullmatch(name)
    if decimal:
        return Type(kind=KINDS["numeric"], arguments=(int(decimal.group(1)), int(decimal.group(2))))
    if name in {"HUGEINT", "UBIGINT", "UHUGEINT"}:
        return Type(kind=KINDS["numeric"], arguments=(38, 0))
    if name.endswith("[]") or name.startswith(("STRUCT", "MAP")):
        return Type(kind=KINDS[_FROM_DUCK.get(name, "super")])
    return Type(kind=KINDS[_FROM_DUCK.get(name, "character varying")])


OID_NAMES = {kind.oid: kind.name for kind in KINDS.values()} | {
    25: "character varying",
    18: "character",
    19: "character varying",
}


def of_oid(oid: int) -> Type:
    """The type of a parameter that a client announces by its OID."""
    name = OID_NAMES[oid]
    return Type(kind=KINDS[name], arguments=(38, 10) if name == "numeric" else ())
