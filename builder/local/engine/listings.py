"""SHOW DATABASES, SCHEMAS, TABLES, COLUMNS, CONSTRAINTS, GRANTS, FUNCTIONS, PROCEDURES and PARAMETERS.

Redshift, "SHOW TABLES" and its siblings. Its drivers ask so (redshift-connector since 2.1.8, JDBC since 2.1.0.34), with
the names as parameters, from servers that announce `show_discovery` at the start of a connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.engine.duck import literal
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, unsupported
from builder.local.wire.results import Column, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.backend import Session
    from builder.local.sql.tokens import Source

# What a listing is called, the words behind FROM, ON or OF, how many parts its name has, and the column of LIKE.
_KINDS: dict[tuple[str, ...], tuple[str, tuple[str, ...], int, str]] = {
    ("DATABASES",): ("databases", (), 0, "database_name"),
    ("SCHEMAS",): ("schemas", ("FROM", "DATABASE"), 1, "schema_name"),
    ("TABLES",): ("tables", ("FROM", "SCHEMA"), 2, "table_name"),
    ("COLUMNS",): ("columns", ("FROM", "TABLE"), 3, "column_name"),
    ("CONSTRAINTS", "PRIMARY", "KEYS"): ("primary_keys", ("FROM", "TABLE"), 3, ""),
    ("CONSTRAINTS", "FOREIGN", "KEYS", "EXPORTED"): ("exported_keys", ("FROM", "TABLE"), 3, ""),
    ("CONSTRAINTS", "FOREIGN", "KEYS"): ("foreign_keys", ("FROM", "TABLE"), 3, ""),
    ("GRANTS",): ("grants", ("ON", "TABLE"), 3, ""),
    ("COLUMN", "GRANTS"): ("column_grants", ("ON", "TABLE"), 3, "column_name"),
    ("FUNCTIONS",): ("functions", ("FROM", "SCHEMA"), 2, "function_name"),
    ("PROCEDURES",): ("procedures", ("FROM", "SCHEMA"), 2, "procedure_name"),
    ("PARAMETERS",): ("function_parameters", ("OF", "FUNCTION"), 3, "parameter_name"),
    ("PARAMETERS", ""): ("procedure_parameters", ("OF", "PROCEDURE"), 3, "parameter_name"),
}
_KEYS = ("database_name", "schema_name", "object_name")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """`name` is of one, two or three parts, a number where it is a parameter; `like` and `arguments` likewise."""

    kind: str
    name: tuple[str | int, ...]
    pattern: str
    like: str | int = ""
    arguments: tuple[str | int, ...] | None = None
    limit: int | None = None

    @property
    def parameters(self) -> int:
        found = (*self.name, self.like, *(self.arguments or ()))
        return max((part for part in found if isinstance(part, int)), default=0)


def parse_listing(source: Source, database: str = "") -> Listing | None:
    """None for a SHOW of something else."""
    for words, (kind, before, parts, pattern) in _KINDS.items():
        cursor = Cursor(source)
        if cursor.accept("SHOW", *(word for word in words if word)) and cursor.accept(*before):
            name = _name(cursor, parts, database) if parts else ()
            return _tail(cursor, Listing(kind=kind, name=name, pattern=pattern))
    return None


def _tail(cursor: Cursor, made: Listing) -> Listing:
    arguments: tuple[str | int, ...] | None = None
    like: str | int = ""
    limit = None
    if cursor.accept("("):
        found: list[str | int] = []
        while not cursor.accept(")"):
            found.append(_parameter(cursor) or cursor.until(",", ")"))
            cursor.accept(",")
        arguments = tuple(found)
    if cursor.accept("LIKE"):
        like = _parameter(cursor) or cursor.string()
    if cursor.accept("LIMIT"):
        limit = cursor.integer()
    cursor.end()
    return Listing(kind=made.kind, name=made.name, pattern=made.pattern, like=like, arguments=arguments, limit=limit)


def _parameter(cursor: Cursor) -> int:
    """`$1`, which the tokenizer has as `@1`."""
    return cursor.integer() if cursor.accept("@") or cursor.accept("$") else 0


def _name(cursor: Cursor, parts: int, database: str) -> tuple[str | int, ...]:
    """A database may be left out where more than it is named."""
    found: list[str | int] = [_parameter(cursor) or cursor.identifier()]
    while cursor.accept("."):
        found.append(_parameter(cursor) or cursor.identifier())
    if len(found) == parts - 1:
        found.insert(0, database)
    if len(found) != parts:
        raise unsupported("a name of so many parts in SHOW")
    return tuple(found)


def columns(session: Session, listing: Listing) -> tuple[Column, ...]:
    return tuple(session.duck.describe(_sql(session, listing, [""] * listing.parameters)))


def rows(session: Session, listing: Listing, values: Sequence[exp.Expr], formats: Sequence[int]) -> Result:
    found = [value.find(exp.Literal) for value in values]
    texts = [each.name if each is not None else "" for each in found]
    sql = _sql(session, listing, texts)
    described = tuple(session.duck.describe(sql))
    return Result(tag="SHOW", columns=described, chunks=session.rows(sql, described, formats))


def _sql(session: Session, listing: Listing, values: Sequence[str]) -> str:
    def text(part: str | int) -> str:
        if isinstance(part, str):
            return part
        if part > len(values):
            raise SqlError("42P02", f"there is no parameter ${part}")
        return values[part - 1]

    name = [text(part) or session.engine.name for part in listing.name]
    conditions = [f"{key} = {literal(part)}" for key, part in zip(_KEYS, name)]  # noqa: B905 - as many as are named
    like = text(listing.like)
    if like and listing.pattern:
        conditions.append(rf"{listing.pattern} LIKE {literal(like)} ESCAPE '\'")
    if listing.arguments is not None:
        wanted = ", ".join(text(part) for part in listing.arguments)
        conditions.append(f"replace(signature, ' ', '') = {literal(wanted.replace(' ', ''))}")
    where = " AND ".join(conditions) or "true"
    limit = f" LIMIT {listing.limit}" if listing.limit is not None else ""
    hidden = ", object_name" if len(name) > 2 and listing.kind != "grants" else ""  # noqa: PLR2004 - with an object
    if listing.kind.endswith("_parameters"):
        hidden += ", signature"
    exclude = f" EXCLUDE ({hidden.removeprefix(', ')})" if hidden else ""
    return f"SELECT *{exclude} FROM _rs.show_{listing.kind} WHERE {where}{limit}"  # noqa: S608 - quoted above
