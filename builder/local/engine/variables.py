"""SET, RESET and SHOW: settings of a session, kept and given back; search_path has an effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from builder.local.sql.tokens import Source

# Redshift, "search_path".
DEFAULT_PATH = ("$user", "public")
# Redshift's and PostgreSQL's own values, for clients that ask before anything was set.
DEFAULTS = {
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "enable_case_sensitive_identifier": "off",
    "extra_float_digits": "0",
    "integer_datetimes": "on",
    "is_superuser": "on",
    "query_group": "unset",
    "search_path": ", ".join(DEFAULT_PATH),
    "server_encoding": "UTF8",
    "server_version": "8.0.2",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "timezone": "UTC",
    "transaction_isolation": "serializable",
    "transaction isolation level": "serializable",
    "wlm_query_slot_count": "1",
}
# What no session changes. Redshift, "Names and identifiers": names have up to 127 bytes.
FOREVER = {"max_identifier_length": "127", "max_index_keys": "32"}
# Another value than the one we have would change what statements mean.
_FIXED = {
    "client_encoding": {"utf8", "utf-8", "unicode", "default"},
    "timezone": {"utc", "default"},
    "enable_case_sensitive_identifier": {"off", "false", "default"},
}


@dataclass(frozen=True, kw_only=True)
class Set:
    """`values` empty: back to the default."""

    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Show:
    name: str


def parse_set(source: Source) -> Set:
    cursor = Cursor(source)
    if cursor.accept("RESET"):
        return Set(name=_rest(cursor))
    cursor.expect("SET")
    if not cursor.accept("SESSION") or cursor.peek() == "CHARACTERISTICS":
        cursor.accept("LOCAL")
    if cursor.peek() in {"TRANSACTION", "CHARACTERISTICS"}:
        return Set(name="transaction", values=("serializable",))
    name = cursor.take().text.lower()
    while cursor.accept("."):
        name += "." + cursor.take().text.lower()
    if not cursor.accept("="):
        cursor.expect("TO")
    values = [_value(cursor)]
    while cursor.accept(","):
        values.append(_value(cursor))
    cursor.end()
    return Set(name=name, values=() if values == ["default"] else tuple(values))


def _value(cursor: Cursor) -> str:
    sign = "-" if cursor.accept("-") else ""
    return sign + cursor.take().text


def _rest(cursor: Cursor) -> str:
    words = []
    while not cursor.done:
        words.append(cursor.take().text.lower())
    return " ".join(words).replace(" . ", ".")


def parse_show(source: Source) -> Show:
    cursor = Cursor(source)
    cursor.expect("SHOW")
    if cursor.peek() in {
        "TABLES",
        "SCHEMAS",
        "DATABASES",
        "COLUMNS",
        "VIEW",
        "TABLE",
        "EXTERNAL",
        "MODEL",
        "PROCEDURE",
        "GRANTS",
        "DATASHARES",
        "FUNCTIONS",
        "PROCEDURES",
        "PARAMETERS",
        "CONSTRAINTS",
        "TEMPLATE",
    }:
        raise unsupported(f"SHOW {cursor.peek()}")
    return Show(name=_rest(cursor))


def check(statement: Set) -> None:
    """Raises for a setting whose other values we do not have."""
    allowed = _FIXED.get(statement.name)
    for value in statement.values:
        if allowed is not None and value.lower() not in allowed:
            raise unsupported(f"{statement.name} = {value}")


def shown(name: str, variables: dict[str, str]) -> str:
    value = variables.get(name, DEFAULTS.get(name, FOREVER.get(name)))
    if value is None:
        raise SqlError("42704", f'unrecognized configuration parameter "{name}"')
    return value
