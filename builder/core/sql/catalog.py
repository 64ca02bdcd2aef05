"""What Redshift's system views say of a schema: the questions, and how to read the answers.

The views are SVV_REDSHIFT_SCHEMAS, _TABLES and _FUNCTIONS. They list every database of the cluster and what others
share with it, so the database is named. A user who is not a superuser sees only what is theirs, which is what they may
drop.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from builder.core.sql.templates import statement
from builder.core.sql.text import family
from builder.model import Routine

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def routine(row: Sequence[Any]) -> Routine:
    """Name, arguments, result and kind, as SVV_REDSHIFT_FUNCTIONS has them: `integer, character varying`."""
    name, arguments, returns, kind = (str(value or "") for value in row)
    types = tuple(family(part) for part in _COMMA.split(arguments) if part.strip())
    return Routine(name=name.lower(), arguments=types, returns="" if _is_procedure(kind) else family(returns))


def _is_procedure(kind: str) -> bool:
    return "PROCEDURE" in kind.upper()


def _query(template: str, database: str, schema: str) -> str:
    # ASCII letters are kept in lower case, quoted ones too, unless a session says otherwise (Names and identifiers). A
    # database is what the session was opened with.
    return statement(template, subject=schema, database=database, schema=schema.lower()).text
