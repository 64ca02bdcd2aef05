"""ALTER ... OWNER TO, as statements say it.

Source: Redshift, "ALTER TABLE", "ALTER SCHEMA", "ALTER FUNCTION", "ALTER PROCEDURE".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.functions import read_arguments, signature
from builder.local.objects.privileges import Target
from builder.local.procedures.grammar import read_inputs
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from builder.local.sql.tokens import Source


@dataclass(frozen=True, kw_only=True)
class AlterOwner:
    """`owner` is a user's name, "" for the session's current user, or with `login` for who has logged in."""

    kind: str
    target: Target
    owner: str
    login: bool = False

    @property
    def tag(self) -> str:
        return f"ALTER {self.kind}"


def parse_owner(source: Source) -> AlterOwner:
    """ALTER TABLE | SCHEMA | FUNCTION | PROCEDURE name[(types)] OWNER TO name | CURRENT_USER | SESSION_USER."""
    cursor = Cursor(source)
    cursor.expect("ALTER")
    kind = cursor.take().text.upper()
    target = _target(cursor, kind)
    if cursor.peek() != "OWNER":
        raise unsupported(f"ALTER {kind} ... {cursor.peek()}".rstrip())
    cursor.expect("OWNER", "TO")
    word = cursor.peek()
    owner = cursor.identifier()
    cursor.end()
    current = word in {"CURRENT_USER", "SESSION_USER"}
    return AlterOwner(kind=kind, target=target, owner="" if current else owner, login=word == "SESSION_USER")


def is_owner(source: Source) -> bool:
    """Whether an ALTER TABLE is about its owner alone."""
    cursor = Cursor(source)
    if not cursor.accept("ALTER", "TABLE"):
        return False
    try:
        cursor.name()
    except SqlError:
        return False
    return cursor.peek() == "OWNER"


def _target(cursor: Cursor, kind: str) -> Target:
    if kind == "SCHEMA":
        return Target(schema="", name=cursor.identifier())
    schema, name = cursor.name()
    if kind == "TABLE":
        return Target(schema=schema, name=name)
    types = read_arguments(cursor)[1] if kind == "FUNCTION" else read_inputs(cursor)
    return Target(schema=schema, name=name, signature=signature(types))
