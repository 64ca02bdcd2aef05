"""Errors of the endpoint, each with the SQLSTATE that PostgreSQL's protocol carries to the client."""

from __future__ import annotations

import re

import duckdb

# Our own error() calls inside macros start with their code: "[22012] division by zero".
# A cast of such a text fails with the same: "Could not convert string '[22012] ...' to INT8".
_CODED = re.compile(r"\[([0-9A-Z]{5})\] (.*?)(?:' to INT8.*)?$", re.DOTALL)
_TABLE = re.compile(r"Table with name (\S+) does not exist")
_COLUMN = re.compile(r'Referenced column "([^"]+)" (?:was )?not found|does not have a column named "([^"]+)"')
_SOURCE = re.compile(r'Referenced table "([^"]+)" not found')
_FUNCTION = re.compile(r"No function matches the given name and argument types '([^']+)'|Function with name (\S+) does")
_SCHEMA = re.compile(r'[Ss]chema with name (\S+) does not exist|No catalog \+ schema named "([^"]+)"')
_EXISTS = re.compile(r'with name "?([^"\s]+)"? already exists')
_TOO_LONG = re.compile(r"\(strlen\((.+)\) <= (\d+)\)")

_CLASSES: tuple[tuple[type[Exception], str], ...] = (
    (duckdb.ParserException, "42601"),
    (duckdb.ConversionException, "22P02"),
    (duckdb.OutOfRangeException, "22003"),
    (duckdb.TypeMismatchException, "42804"),
    (duckdb.NotImplementedException, "0A000"),
    (duckdb.PermissionException, "42501"),
    (duckdb.OutOfMemoryException, "53200"),
    (duckdb.DependencyException, "2BP01"),
    (duckdb.SyntaxException, "42601"),
    (duckdb.BinderException, "42804"),
    (duckdb.CatalogException, "42704"),
    (duckdb.ConstraintException, "23000"),
    (duckdb.InvalidInputException, "22023"),
    (duckdb.Error, "XX000"),
)


class SqlError(Exception):
    """What a client is told: a code of five characters, one sentence, and where it helps a hint.

    `position` is the character of the statement's text where it breaks, counted from 1; 0 where none is known.
    """

    def __init__(self, code: str, message: str, *, hint: str = "", position: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.position = position


def unsupported(what: str) -> SqlError:
    """Refused by name: valid in Redshift, or nearly so, but not here."""
    hint = "what is supported: docs/local-redshift.md#what-is-supported"
    return SqlError("0A000", f"{what} is not supported by the local Redshift endpoint", hint=hint)


def syntax(message: str, *, position: int = 0) -> SqlError:
    """A statement that Redshift's grammar does not take."""
    return SqlError("42601", message, position=position)


def from_duckdb(error: Exception) -> SqlError:
    """DuckDB's error in PostgreSQL's code and, where clients look at it, in its words."""
    if isinstance(error, duckdb.InterruptException):
        return SqlError("57014", "canceling statement due to user request")
    text = _clean(str(error))
    coded = _CODED.search(text)
    if coded:
        return SqlError(coded.group(1), coded.group(2))
    if isinstance(error, duckdb.TransactionException):
        return _transaction(text)
    return _named(text) or SqlError(_code(error), text)


def _code(error: Exception) -> str:
    return next((code for kind, code in _CLASSES if isinstance(error, kind)), "XX000")


def _transaction(text: str) -> SqlError:
    if "onflict" in text or "Failed to commit" in text:
        return conflict()
    return SqlError("25000", text)


def ending() -> SqlError:
    """PostgreSQL's words to clients of a server that is shut down."""
    return SqlError("57P01", "terminating connection due to administrator command")


def conflict() -> SqlError:
    """Another transaction has changed the same rows. Redshift's words: aws/amazon-redshift-jdbc-driver, issue 147."""
    return SqlError("40001", "could not complete because of conflict with concurrent transaction")


def _named(text: str) -> SqlError | None:
    wordings = (
        (_TABLE, "42P01", 'relation "{}" does not exist'),
        (_COLUMN, "42703", 'column "{}" does not exist'),
        (_SOURCE, "42P01", 'missing FROM-clause entry for table "{}"'),
        (_FUNCTION, "42883", "function {} does not exist"),
        (_SCHEMA, "3F000", 'schema "{}" does not exist'),
        (_EXISTS, "42P07", 'relation "{}" already exists'),
    )
    for pattern, code, wording in wordings:
        found = pattern.search(text)
        if found:
            name = next(group for group in found.groups() if group)
            return SqlError(code, wording.format(name.strip('"!')))
    return _constraint(text)


def _constraint(text: str) -> SqlError | None:
    if "NOT NULL constraint failed" in text:
        return SqlError("23502", f"Cannot insert a NULL value into column {text.rsplit('.', 1)[-1]}")
    too_long = _TOO_LONG.search(text)
    if too_long:
        return SqlError("22001", f"value too long for type character varying({too_long.group(2)})")
    if "Duplicate key" in text:
        return SqlError("23505", "duplicate key value violates a unique constraint")
    return None


def _clean(text: str) -> str:
    """Without the class's name in front and without the excerpt of the translated statement behind."""
    text = text.split("\n\nLINE ", 1)[0].split("\nDid you mean", 1)[0].split("\n\tCandidate", 1)[0]
    head, separator, tail = text.partition(" Error: ")
    return (tail if separator and len(head) < 24 else text).strip()  # noqa: PLR2004 - the longest class name
