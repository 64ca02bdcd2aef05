"""Views over what is dropped: they hold it, and CASCADE takes them along. Late-binding views hold nothing.

Redshift, "DROP TABLE", "DROP VIEW", "DROP SCHEMA".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import dialect
from builder.local.sqlstate import SqlError
from builder.names import quote_identifier

if TYPE_CHECKING:
    from builder.local.engine.backend import Session


def release(session: Session, kind: str, schema: str, name: str, *, cascade: bool) -> None:
    """Raises SqlError 2BP01 where views read the relation; with `cascade` they are dropped, and those over them."""
    for view_schema, view in _over(session, schema, name):
        if not cascade:
            raise SqlError(
                "2BP01",
                f"cannot drop {kind.lower()} {name} because other objects depend on it",
                hint=f"Use DROP ... CASCADE to drop the dependent objects too: view {view_schema}.{view}",
            )
        release(session, "VIEW", view_schema, view, cascade=True)
        session.duck.run(f"DROP VIEW IF EXISTS {quote_identifier(view_schema)}.{quote_identifier(view)}")
        session.catalog.forget_view(view_schema, view)


def _over(session: Session, schema: str, name: str) -> list[tuple[str, str]]:
    return [
        (view_schema, view)
        for view_schema, view, text in session.catalog.bound_views()
        if (view_schema, view) != (schema, name) and _reads(session, text, schema, name)
    ]


def _reads(session: Session, text: str, schema: str, name: str) -> bool:
    tree = dialect.parse_text(text)
    known = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    return any(
        table.name.lower() == name
        and (table.db.lower() == schema or (not table.db and name not in known and schema in session.path.names))
        for table in tree.find_all(exp.Table)
    )
