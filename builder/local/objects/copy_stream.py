"""COPY from and to the client, which psql sends for its own copy command, with PostgreSQL's old and new options.

Redshift takes its data from S3 and has no COPY of this kind; docs/local-redshift.md says what to expect there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from builder.local.sql import dialect
from builder.local.sql.tokens import Cursor, Source
from builder.local.sqlstate import SqlError, syntax, unsupported

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, kw_only=True)
class Format:
    """PostgreSQL, "COPY": the text format with its backslashes, or CSV."""

    csv: bool = False
    delimiter: str = ""
    null: str | None = None
    header: bool = False
    quote: str = '"'
    escape: str = ""

    @property
    def separator(self) -> str:
        return self.delimiter or ("," if self.csv else "\t")

    @property
    def nothing(self) -> str:
        """What stands for NULL."""
        default = "" if self.csv else "\\N"
        return default if self.null is None else self.null


@dataclass(frozen=True, kw_only=True)
class CopyStream:
    """`tree` is the query of COPY (query) TO STDOUT; else a table, with its columns where they are written."""

    incoming: bool
    schema: str = ""
    name: str = ""
    columns: tuple[str, ...] = ()
    tree: exp.Expr | None = None
    format: Format = field(default_factory=Format)


def is_stream(source: Source) -> bool:
    """Whether a COPY is one of the client's: FROM STDIN or TO STDOUT."""
    words = [token.text.upper() for token in source.tokens]
    return any(pair in {("FROM", "STDIN"), ("TO", "STDOUT")} for pair in pairwise(words))


def parse_copy_stream(source: Source) -> CopyStream:
    cursor = Cursor(source)
    cursor.expect("COPY")
    if cursor.accept("("):
        start = cursor.at
        cursor.until(")")
        query = Source(sql=source.sql, tokens=source.tokens[start : cursor.at])
        cursor.expect(")")
        made = CopyStream(incoming=False, tree=dialect.parse(query))
    else:
        schema, name = cursor.name()
        made = CopyStream(incoming=False, schema=schema, name=name, columns=_columns(cursor))
    incoming = made.tree is None and cursor.accept("FROM")
    if not incoming:
        cursor.expect("TO")
    cursor.expect("STDIN" if incoming else "STDOUT")
    return replace(made, incoming=incoming, format=_checked(_options(cursor)))


def _columns(cursor: Cursor) -> tuple[str, ...]:
    if not cursor.accept("("):
        return ()
    names = [cursor.identifier()]
    while cursor.accept(","):
        names.append(cursor.identifier())
    cursor.expect(")")
    return tuple(names)


def _options(cursor: Cursor) -> dict[str, Any]:
    """`WITH (FORMAT csv, HEADER)` and, of 8.0, `WITH CSV HEADER DELIMITER AS ','`."""
    found: dict[str, Any] = {}
    cursor.accept("WITH")
    if cursor.accept("("):
        _option(cursor, found, named=True)
        while cursor.accept(","):
            _option(cursor, found, named=True)
        cursor.expect(")")
        cursor.end()
    while not cursor.done:
        _option(cursor, found, named=False)
    return found


def _option(cursor: Cursor, found: dict[str, Any], *, named: bool) -> None:
    word = cursor.peek()
    if word == "BINARY":
        raise unsupported("COPY in the binary format")
    if not word.isalpha():
        raise cursor.error()
    cursor.take()
    if word == "CSV" and not named:
        found["csv"] = True
    elif word == "FORMAT" and named:
        found["csv"] = _format(cursor)
    elif word == "HEADER":
        said = cursor.take().text.upper() if named and cursor.peek() not in {",", ")"} else "TRUE"
        found["header"] = said in {"TRUE", "ON", "1"}
    elif word in {"DELIMITER", "NULL", "QUOTE", "ESCAPE"}:
        cursor.accept("AS")
        found[word.lower()] = cursor.string()
    elif word == "ENCODING":
        if cursor.string().upper().replace("-", "") != "UTF8":
            raise unsupported("COPY in another encoding than UTF8")
    else:
        raise unsupported(f"COPY with {word}")


def _format(cursor: Cursor) -> bool:
    name = cursor.take().text.lower()
    if name not in {"csv", "text"}:
        raise unsupported(f"COPY in the format {name}")
    return name == "csv"


def _checked(found: dict[str, Any]) -> Format:
    made = Format(**found)
    for name in ("delimiter", "quote", "escape"):
        if len(found.get(name, "x")) != 1:
            raise SqlError("22023", f"COPY {name} must be a single one-byte character")
    if not made.csv and {"quote", "escape"} & set(found):
        raise syntax("COPY quote available only in CSV mode")
    return replace(made, escape=made.escape or made.quote)
