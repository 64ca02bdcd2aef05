"""Types: the catalogue's generic names, Redshift's own spellings, and how a value crosses to an external function.

Redshift lists SMALLINT, INTEGER, BIGINT, DECIMAL, REAL, DOUBLE PRECISION, CHAR, VARCHAR, BOOLEAN, DATE and TIMESTAMP
for external functions ("Creating a scalar Lambda UDF"). What is not on the list crosses as text, and so does what can
lose digits as a JSON number, which most parsers read as a double: REAL, DOUBLE PRECISION and DECIMAL.
docs/architecture.md has the same table for readers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from builder.model import Parameter

GENERIC = {
    "string": "VARCHAR(MAX)",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "REAL",
    "double": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
    "bytes": "VARBYTE",
    "object": "SUPER",
    "geometry": "GEOMETRY",
    "geography": "GEOGRAPHY",
}

# The types whose values are geometries, for people as WKT.
SPATIAL = frozenset({"GEOMETRY", "GEOGRAPHY"})

# Redshift, "Data types": every alias to the one spelling that we use, as SHOW and SVV_REDSHIFT_FUNCTIONS know it.
_ALIASES = {
    "SMALLINT": "SMALLINT",
    "INT2": "SMALLINT",
    "INTEGER": "INTEGER",
    "INT": "INTEGER",
    "INT4": "INTEGER",
    "BIGINT": "BIGINT",
    "INT8": "BIGINT",
    "REAL": "REAL",
    "FLOAT4": "REAL",
    "DOUBLE PRECISION": "DOUBLE PRECISION",
    "FLOAT8": "DOUBLE PRECISION",
    "BOOLEAN": "BOOLEAN",
    "BOOL": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMPTZ",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIME": "TIME",
    "TIME WITHOUT TIME ZONE": "TIME",
    "TIMETZ": "TIMETZ",
    "TIME WITH TIME ZONE": "TIMETZ",
    "SUPER": "SUPER",
    "GEOMETRY": "GEOMETRY",
    "GEOGRAPHY": "GEOGRAPHY",
    # Redshift turns TEXT into VARCHAR(256) and BPCHAR into CHAR(256), whatever PostgreSQL does.
    "TEXT": "VARCHAR(256)",
    "BPCHAR": "CHAR(256)",
}
_SIZED = {
    "VARCHAR": "VARCHAR",
    "CHARACTER VARYING": "VARCHAR",
    "NVARCHAR": "VARCHAR",
    "CHAR": "CHAR",
    "CHARACTER": "CHAR",
    "NCHAR": "CHAR",
    "VARBYTE": "VARBYTE",
    "VARBINARY": "VARBYTE",
    "BINARY VARYING": "VARBYTE",
}
# Most characters or bytes. Redshift, "Character types" and "VARBYTE type" (its figure, 16,777,216, came in 2024).
_LONGEST = {"VARCHAR": 65_535, "CHAR": 4_096, "VARBYTE": 16_777_216}
_DECIMALS = frozenset({"DECIMAL", "NUMERIC"})
# Redshift, "Numeric types": 18,0 when nothing is said; at most 38 digits, 37 of them behind the point.
_DECIMAL_DEFAULT = (18, 0)
_PRECISION_LIMIT = 38
_SCALE_LIMIT = 37

_WORD = re.compile(r"\s*([A-Za-z][A-Za-z0-9_ ]*?)\s*(?:\(\s*([^()]*?)\s*\)\s*)?")
_TEXT = "VARCHAR(MAX)"
# CAST(number AS VARCHAR) gives VARCHAR(256), more than any number needs.
_NUMBER_TEXT = "VARCHAR"


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """How a value of one type goes to an external function and comes back; `{0}` stands for the value.

    `wire_type` is the type in the external function's signature.
    """

    wire_type: str
    argument: str = "{0}"
    result: str = "{0}"

    @property
    def plain(self) -> bool:
        """Nothing to convert: the SQL function and the external function can be one."""
        return self.argument == "{0}" == self.result


_CROSSINGS = {
    "REAL": Crossing(wire_type=_NUMBER_TEXT, argument="CAST({0} AS VARCHAR)", result="CAST({0} AS REAL)"),
    "DOUBLE PRECISION": Crossing(
        wire_type=_NUMBER_TEXT, argument="CAST({0} AS VARCHAR)", result="CAST({0} AS DOUBLE PRECISION)"
    ),
    "TIMESTAMPTZ": Crossing(wire_type=_NUMBER_TEXT, argument="CAST({0} AS VARCHAR)", result="CAST({0} AS TIMESTAMPTZ)"),
    "TIME": Crossing(wire_type=_NUMBER_TEXT, argument="CAST({0} AS VARCHAR)", result="CAST({0} AS TIME)"),
    "TIMETZ": Crossing(wire_type=_NUMBER_TEXT, argument="CAST({0} AS VARCHAR)", result="CAST({0} AS TIMETZ)"),
    "SUPER": Crossing(wire_type=_TEXT, argument="JSON_SERIALIZE({0})", result="JSON_PARSE({0})"),
    "GEOMETRY": Crossing(wire_type=_TEXT, argument="ST_ASHEXEWKB({0})", result="ST_GEOMFROMTEXT({0}, 4326)"),
    "GEOGRAPHY": Crossing(wire_type=_TEXT, argument="ST_ASHEXEWKB({0})", result="ST_GEOGFROMTEXT({0})"),
    "VARBYTE": Crossing(wire_type=_TEXT, argument="FROM_VARBYTE({0}, 'hex')", result="TO_VARBYTE({0}, 'hex')"),
}


@lru_cache(maxsize=4096)
def redshift_type(name: str) -> str:
    """The one Redshift spelling of a generic or a Redshift type: `string` gives `VARCHAR(MAX)`, `int8` `BIGINT`.

    Raises ValueError with a sentence that says what is wrong and what to write.
    """
    if name in GENERIC:
        return GENERIC[name]
    match = _WORD.fullmatch(name)
    if match is None:
        raise ValueError(_unknown(name))
    word, size = " ".join(match[1].upper().split()), match[2]
    if word == "FLOAT":
        raise ValueError(
            f"{name!r} says two things (`float` is REAL here, FLOAT is DOUBLE PRECISION in Redshift): "
            "write REAL or DOUBLE PRECISION"
        )
    if word in _DECIMALS:
        return _decimal(name, size)
    if word in _SIZED:
        return _sized(name, _SIZED[word], size)
    plain = _ALIASES.get(word) or GENERIC.get(word.lower())
    if plain is None or size is not None:
        raise ValueError(_unknown(name))
    return plain


@lru_cache(maxsize=4096)
def crossing(redshift: str) -> Crossing:
    """How a value of a type, as `redshift_type` spells it, crosses. What needs no conversion crosses as itself."""
    family = redshift.partition("(")[0]
    if family == "DECIMAL":
        return Crossing(wire_type=_NUMBER_TEXT, argument="CAST({0} AS VARCHAR)", result=f"CAST({{0}} AS {redshift})")
    return _CROSSINGS.get(family) or Crossing(wire_type=redshift)


def needs_wrapper(parameters: Iterable[Parameter], returns: str) -> bool:
    """Whether a Lambda function needs an external function of its own behind its SQL function."""
    return _any_converted((returns, *(each.type for each in parameters)))


@lru_cache(maxsize=4096)
def _any_converted(types: tuple[str, ...]) -> bool:
    return not all(crossing(each).plain for each in types)


def _sized(name: str, family: str, size: str | None) -> str:
    if size is None:
        # VARCHAR without a length would be 256 and CHAR 1; VARBYTE's default, 64,000, is what people mean.
        if family == "CHAR":
            return "CHAR(1)"
        return _TEXT if family == "VARCHAR" else family
    if size.upper() == "MAX" and family == "VARCHAR":
        return _TEXT
    if not size.isdecimal() or not 1 <= int(size) <= _LONGEST[family]:
        raise ValueError(f"{name!r} has a length that Redshift refuses: write 1 to {_LONGEST[family]}")
    return f"{family}({int(size)})"


def _decimal(name: str, size: str | None) -> str:
    precision, scale = _DECIMAL_DEFAULT
    if size is not None:
        parts = [part.strip() for part in size.split(",")]
        if len(parts) > 2 or not all(part.isdecimal() for part in parts):  # noqa: PLR2004 (precision and scale)
            raise ValueError(f"{name!r} is not a decimal: write DECIMAL(precision, scale)")
        precision, scale = int(parts[0]), int(parts[1]) if len(parts) > 1 else 0
    if not (1 <= precision <= _PRECISION_LIMIT and scale <= min(precision, _SCALE_LIMIT)):
        raise ValueError(f"{name!r} has more digits than Redshift takes: at most 38, at most 37 behind the point")
    return f"DECIMAL({precision},{scale})"


def _unknown(name: str) -> str:
    known = [*GENERIC, *_ALIASES, *_SIZED, *sorted(_DECIMALS)]
    close = get_close_matches(name.lower(), [word.lower() for word in known], n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"write one of {', '.join(GENERIC)}, or a Redshift type"
    return f"{name!r} is not a type: {hint}"
