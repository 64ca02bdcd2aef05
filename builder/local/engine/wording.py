"""DuckDB's errors in PostgreSQL's codes and Redshift's words: nothing of DuckDB's own reaches a client.

A text that no line of the table (`words.py`) knows is told by its class alone; the log has the whole (`duck.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from builder.local.engine.words import CLASSES, WORDS
from builder.local.sql import types
from builder.local.sql.dialect import REFUSED
from builder.local.sql.relations import SYSTEM_PREFIXES
from builder.local.sqlstate import SUPPORTED, SqlError, conflict, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

# Our own error() calls inside macros start with their code: "[22012] division by zero".
# A cast of such a text fails with the same: "Could not convert string '[22012] ...' to INT8".
_CODED = re.compile(r"\[([0-9A-Z]{5})\] (.*?)(?:' to INT8.*)?$", re.DOTALL)
_NO_MATCH = "No function matches the given name and argument types. You may need to add explicit type casts."
# Whose words have what DuckDB writes in capitals: kinds of objects, units of time.
_LOWER = ("is not a", "timestamp units")
_NO_OPERATOR = "No operator matches the given name and argument type(s). You may need to add explicit type casts."

_BEST = "the endpoint's log has more"
# Where that is not what helps: what is not supported has its table, and two texts say all there is.
_CLASS_HINTS = {"0A000": f"{SUPPORTED}; {_BEST}", "22003": "", "53200": ""}

_TYPES = {
    "INT8": "smallint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint", "INT128": "numeric",
    "BOOL": "boolean", "INTEGER_LITERAL": "integer", "STRING_LITERAL": "unknown", '"NULL"': "unknown",
    "INTERVAL": "interval", "HUGEINT": "numeric", "TIME WITH TIME ZONE": "time with time zone",
}  # fmt: skip


def from_duckdb(error: Exception) -> SqlError:
    """What a client is told of an error of DuckDB's."""
    if isinstance(error, duckdb.InterruptException):
        return SqlError("57014", "canceling statement due to user request")
    text = _clean(str(error))
    coded = _CODED.search(text)
    if coded:
        return SqlError(coded.group(1), coded.group(2))
    if isinstance(error, duckdb.TransactionException):
        return _transaction(text)
    return next((found for rule in _RULES if (found := rule(text))), None) or _of_class(error)


def _of_class(error: Exception) -> SqlError:
    for kind, code, message in CLASSES:
        if isinstance(error, kind):
            return SqlError(code, message, hint=_CLASS_HINTS.get(code, _BEST))
    return SqlError("XX000", CLASSES[-1][2], hint=_BEST)


def _transaction(text: str) -> SqlError:
    if "onflict" in text or "Failed to commit" in text:
        return conflict()
    if "aborted" in text:
        return SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block")
    return SqlError("25000", "invalid transaction state", hint=_BEST)


def _clean(text: str) -> str:
    """Without the class's name in front and without the excerpt of the translated statement behind."""
    text = text.split("\n\nLINE ", 1)[0].split("\nDid you mean", 1)[0].split("\n\tCandidate", 1)[0]
    head, separator, tail = text.partition(" Error: ")
    return (tail if separator and len(head) < 24 else text).strip()  # noqa: PLR2004 - the longest class name


def _type(duck: str) -> str:
    """Redshift's name of one of DuckDB's types, as an error has it: without arguments."""
    duck = duck.strip()
    return _TYPES.get(duck) or types.from_duck(duck).name


def _listed(arguments: str) -> list[str]:
    """Types between commas, which STRUCT and DECIMAL have too."""
    return [_type(each) for each in re.findall(r"(?:[^,(]|\([^)]*\))+", arguments)]


_PATTERNS = tuple((re.compile(pattern, re.DOTALL | re.MULTILINE), code, words) for pattern, code, words in WORDS)


def _worded(text: str) -> SqlError | None:
    for pattern, code, words in _PATTERNS:
        found = pattern.search(text)
        if found:
            groups = [group.strip('!"') for group in found.groups() if group is not None]
            if any(each in words for each in _LOWER):
                groups = [group.lower() for group in groups]
            return SqlError(code, words.format(*groups), hint=_NO_MATCH if code == "42883" else "")
    return None


_CONVERT = re.compile(r"Could not convert string ['\"](.*)['\"] to ([A-Z0-9]+(?:\([\d,]+\))?)", re.DOTALL)
_RANGE = re.compile(r"Type (\w+)(?:\([\d,]+\))? with value \S+ can't be cast .* destination type (\w+)")
_OVERFLOW = re.compile(r"Overflow in \w+(?: \w+)? of (INT\d+)")
_CAST = re.compile(r"Unimplemented type for cast \((.+) -> (.+?)\)(?: when|$)", re.DOTALL)
_NUMERICAL = re.compile(r"Failed to cast value to numerical: (.*?)(?: when casting|$)", re.DOTALL)
_CALL = re.compile(r"No function matches the given name and argument types '(\S+?)\((.*)\)'", re.DOTALL)
_CHOICE = re.compile(r'Could not choose a best candidate function for the function call "(\S+?)\((.*)\)"', re.DOTALL)
_NO_TABLE = re.compile(rf"Table with name ((?:{'|'.join(SYSTEM_PREFIXES)})\w+)!? does not exist")
_MISSING = re.compile(r"Function with name \"?(\w+)")
_COUNT = re.compile(r"expected (\d+) columns but (\d+) values|has (\d+) columns but (\d+) values")
_MIXED = re.compile(r"Cannot (?:compare|combine|mix) values of type (\S+) and (?:type )?(\S+)")


def _unreadable(text: str) -> SqlError | None:
    found = _CONVERT.search(text)
    if not found:
        return None
    value, kind = found.group(1), _type(found.group(2))
    whole = kind in {"smallint", "integer", "bigint"}
    if whole and re.fullmatch(r"\s*[+-]?\d+\s*", value):
        return SqlError("22003", f'value "{value}" is out of range for type {kind}')
    code = "22007" if kind == "interval" else "22P02"
    return SqlError(code, f'invalid input syntax for {"integer" if whole else f"type {kind}"}: "{value}"')


def _out_of_range(text: str) -> SqlError | None:
    found = _RANGE.search(text)
    kind = _type(found.group(2)) if found else ""
    overflow = _OVERFLOW.search(text)
    if overflow and not kind:
        kind = _type(overflow.group(1))
    if kind in {"smallint", "integer", "bigint"}:
        return SqlError("22003", f"{kind} out of range")
    return SqlError("22003", "Numeric data overflow (result precision)") if kind else None


def _no_cast(text: str) -> SqlError | None:
    found = _CAST.search(text)
    if found:
        return SqlError("42846", f"cannot cast type {_type(found.group(1))} to {_type(found.group(2))}")
    value = _NUMERICAL.search(text)
    return SqlError("22P02", f"invalid input syntax for a number: {value.group(1)[:100]}") if value else None


def _no_function(text: str) -> SqlError | None:
    found = _CALL.search(text) or _CHOICE.search(text)
    if not found:
        return None
    name, arguments = found.group(1).removeprefix("_rs."), _listed(found.group(2))
    if name.isidentifier():
        return SqlError("42883", f"function {name.lower()}({', '.join(arguments)}) does not exist", hint=_NO_MATCH)
    shown = f"{arguments[0]} {name} {arguments[1]}" if len(arguments) > 1 else f"{name} {''.join(arguments)}"
    return SqlError("42883", f"operator does not exist: {shown}", hint=_NO_OPERATOR)


def _refused(text: str) -> SqlError | None:
    """What is known of Redshift's functions and system tables, and DuckDB has not."""
    found = _MISSING.search(text)
    if found and found.group(1).lower() in REFUSED:
        return unsupported(f"function {found.group(1)}")
    found = _NO_TABLE.search(text)
    return unsupported(f"system table {found.group(1)}") if found else None


def _counted(text: str) -> SqlError | None:
    found = _COUNT.search(text)
    if not found:
        return None
    columns, values = (int(each) for each in found.groups() if each)
    more = "expressions than target columns" if values > columns else "target columns than expressions"
    return SqlError("42601", f"INSERT has more {more}")


def _mixed(text: str) -> SqlError | None:
    found = _MIXED.search(text)
    if not found:
        return None
    one, two = (_type(each.strip("'\",.")) for each in found.groups())
    return SqlError("42804", f"types {one} and {two} cannot be matched")


_RULES: tuple[Callable[[str], SqlError | None], ...] = (
    _unreadable,
    _no_cast,
    _no_function,
    _refused,
    _counted,
    _mixed,
    _worded,
    _out_of_range,
)
