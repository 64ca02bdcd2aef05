"""What Redshift's system views say of a schema: the questions, and how to read the answers.

The views are SVV_REDSHIFT_SCHEMAS, _TABLES and _FUNCTIONS. They list every database of the cluster and what others
share with it, so the database is named. A user who is not a superuser sees only what is theirs, which is what they may
drop. What a function is made of stands in PG_PROC alone, which is of the database that the session is in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from builder.core.sql.templates import statement
from builder.core.sql.text import family
from builder.model import Definition, Routine

if TYPE_CHECKING:
    from collections.abc import Sequence

# One row: the session's user, and whether it is a superuser.
WHO = "SELECT current_user, usesuper FROM pg_user WHERE usename = current_user"
_COMMA = re.compile(r",(?![^()]*\))")


def routines_query(*, database: str, schema: str) -> str:
    """The functions and procedures of a schema; `routine` reads a row."""
    return _query("routines_in_schema", database, schema)


def schema_query(*, database: str, schema: str) -> str:
    """A row where the schema exists."""
    return _query("schema_exists", database, schema)


def tables_query(*, database: str, schema: str) -> str:
    """One row with the number of tables and views in a schema."""
    return _query("tables_in_schema", database, schema)


def definitions_query(*, schema: str, names: Sequence[str] = ()) -> str:
    """What the functions of a schema are made of, all or those of these names; `definition` reads a row."""
    wanted = [name.lower() for name in names]
    return statement("definitions_in_schema", subject=schema, schema=schema.lower(), names=wanted).text


def routine(row: Sequence[Any]) -> Routine:
    """Name, arguments, result and kind, as SVV_REDSHIFT_FUNCTIONS has them: `integer, character varying`."""
    name, arguments, returns, kind = (str(value or "") for value in row)
    return Routine(
        name=name.lower(), arguments=_types(arguments), returns="" if _is_procedure(kind) else family(returns)
    )


def definition(row: Sequence[Any]) -> Definition:
    """Name, arguments, language, volatility and source, as PG_PROC has them."""
    name, arguments, language, volatility, source = (str(value or "") for value in row)
    return Definition(
        name=name.lower(), arguments=_types(arguments), language=language, volatility=volatility, source=source
    )


def _types(listed: str) -> tuple[str, ...]:
    return tuple(family(part) for part in _COMMA.split(listed) if part.strip())


def _is_procedure(kind: str) -> bool:
    return "PROCEDURE" in kind.upper()


def _query(template: str, database: str, schema: str) -> str:
    # ASCII letters are kept in lower case, quoted ones too, unless a session says otherwise (Names and identifiers). A
    # database is what the session was opened with.
    return statement(template, subject=schema, database=database, schema=schema.lower()).text
