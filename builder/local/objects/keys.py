"""What Redshift knows of a table beside its columns: keys, distribution, sort order, encodings. They bind nothing here.

Clients ask for it (a driver's getPrimaryKeys, SQLAlchemy's reflection), so it is kept, as a comment of DuckDB's table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from builder.local.sql.tokens import Cursor


@dataclass(kw_only=True)
class Keys:
    """Filled while CREATE TABLE is read. `keys` are (kind, name, columns, schema, table, columns there)."""

    keys: list[tuple[str, str, list[str], str, str, list[str]]] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)
    diststyle: str = ""
    distkey: str = ""
    sortkey: list[str] = field(default_factory=list)

    def text(self, table: str, schema: str, columns: Mapping[str, str]) -> str:
        """As JSON, with the types of columns as they were written. Names that are not given are PostgreSQL's; a key
        elsewhere without a schema is in this one.
        """
        found: dict[str, Any] = {name: getattr(self, name) for name in ("encodings", "distkey", "sortkey")}
        found["types"] = dict(columns)
        found["diststyle"] = self.diststyle or ("KEY" if self.distkey else "")
        found["keys"] = [
            {
                "kind": kind,
                "name": name or _name(kind, table, own),
                "columns": own,
                **({"schema": other or schema, "table": to, "to": there or own} if kind == "f" else {}),
            }
            for kind, name, own, other, to, there in self.keys
        ]
        return json.dumps({name: value for name, value in found.items() if value})


def _name(kind: str, table: str, columns: list[str]) -> str:
    if kind == "p":
        return f"{table}_pkey"
    return "_".join([table, *columns, "key" if kind == "u" else "fkey"])


def constraint(cursor: Cursor, keys: Keys) -> bool:
    """A table's constraint, if one stands here."""
    if cursor.peek() not in {"PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CONSTRAINT"}:
        return False
    name = cursor.identifier() if cursor.accept("CONSTRAINT") else ""
    if cursor.accept("PRIMARY KEY"):
        keys.keys.append(("p", name, names(cursor), "", "", []))
    elif cursor.accept("UNIQUE"):
        keys.keys.append(("u", name, names(cursor), "", "", []))
    else:
        cursor.expect("FOREIGN KEY")
        columns = names(cursor)
        cursor.expect("REFERENCES")
        keys.keys.append(("f", name, columns, *reference(cursor)))
    return True


def column_key(cursor: Cursor, column: str, keys: Keys) -> bool:
    """A column's attribute, if it is one of storage or keys."""
    if cursor.accept("ENCODE"):
        keys.encodings[column] = cursor.take().text.lower()
    elif cursor.accept("DISTKEY"):
        keys.distkey = column
    elif cursor.accept("SORTKEY"):
        keys.sortkey = [column]
    elif cursor.accept("PRIMARY KEY"):
        keys.keys.append(("p", "", [column], "", "", []))
    elif cursor.accept("UNIQUE"):
        keys.keys.append(("u", "", [column], "", "", []))
    elif cursor.accept("REFERENCES"):
        keys.keys.append(("f", "", [column], *reference(cursor)))
    else:
        return False
    return True


def reference(cursor: Cursor) -> tuple[str, str, list[str]]:
    schema, table = cursor.name()
    return schema, table, names(cursor) if cursor.peek() == "(" else []


def names(cursor: Cursor) -> list[str]:
    cursor.expect("(")
    found = [cursor.identifier()]
    while cursor.accept(","):
        found.append(cursor.identifier())
    cursor.expect(")")
    return found


def storage(cursor: Cursor, keys: Keys, *ends: str) -> None:
    """A table's attributes behind its columns, up to AS, the end or one of these words."""
    while not cursor.done and cursor.peek() not in {"AS", *ends}:
        if cursor.accept("BACKUP") or cursor.accept("ENCODE"):
            cursor.take()
        elif cursor.accept("DISTSTYLE"):
            keys.diststyle = cursor.take().text.upper()
        elif cursor.accept("DISTKEY"):
            keys.distkey = names(cursor)[0]
        else:
            _sort(cursor, keys)


def _sort(cursor: Cursor, keys: Keys) -> None:
    if not cursor.accept("COMPOUND"):
        cursor.accept("INTERLEAVED")
    cursor.expect("SORTKEY")
    if not cursor.accept("AUTO"):
        keys.sortkey = names(cursor)
