"""has_function_privilege() and its siblings: questions about privileges that queries ask.

Source: Redshift, "System information functions". `([user,] object, privilege)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.objects.functions import read_arguments, signature
from builder.local.sql import dialect
from builder.local.sql.tokens import Cursor, split
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.sql.resolve import Names

KINDS = {
    "has_function_privilege": "FUNCTION",
    "has_schema_privilege": "SCHEMA",
    "has_table_privilege": "TABLE",
    "has_language_privilege": "LANGUAGE",
    "has_database_privilege": "DATABASE",
}


def privilege(node: exp.Anonymous, names: Names) -> exp.Expr:
    """A call of the macro that answers."""
    name = node.name.lower()
    given = list(node.expressions)
    if len(given) not in {2, 3}:
        raise SqlError("42883", f"function {name} takes 2 or 3 arguments, not {len(given)}")
    user = given[0].copy() if len(given) > 2 else exp.Literal.string(names.user)  # noqa: PLR2004 - the user comes first
    asked, word = given[-2], given[-1]
    kind = KINDS[name]
    about = (user, exp.Literal.string(kind), _object(kind, asked, names))
    if not isinstance(word, exp.Literal):
        return dialect.call("may", *about, exp.Upper(this=word.copy()))
    # Any of several will do (PostgreSQL, "Access Privilege Inquiry Functions").
    found = [dialect.call("may", *(each.copy() for each in about), _privilege(text)) for text in word.name.split(",")]
    return exp.Paren(this=exp.or_(*found))


def _privilege(text: str) -> exp.Expr:
    plain = " ".join(text.upper().split()).removesuffix(" WITH GRANT OPTION")
    return exp.Literal.string("TEMPORARY" if plain == "TEMP" else plain)


def _object(kind: str, asked: exp.Expr, names: Names) -> exp.Expr:
    if kind == "DATABASE":
        return exp.Literal.string("")
    read = _READ.get(kind)
    if read is None or not (isinstance(asked, exp.Literal) and asked.is_string):
        return dialect.call("object_key", exp.Literal.string(kind), asked.copy())
    return exp.Literal.string(read(asked.name, names))


def _table(text: str, names: Names) -> str:
    schema, name = Cursor(split(text)[0]).name()
    key = names.access.key(schema, name) if names.access is not None else ""
    if not key:
        raise SqlError("42P01", f'relation "{name}" does not exist')
    return key


def _function(text: str, names: Names) -> str:
    cursor = Cursor(split(text)[0])
    schema, name = cursor.name()
    wanted = signature(read_arguments(cursor)[1])
    match = next((each for each in names.lookup(schema, name) if each.signature == wanted), None)
    if match is None:
        raise SqlError("42883", f'function "{text}" does not exist')
    return str(match)


_READ: dict[str, Callable[[str, Names], str]] = {"TABLE": _table, "FUNCTION": _function}
