"""GRANT and REVOKE: read strictly, recorded. Whom they bind is another matter: every session is the superuser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.functions import read_arguments, signature
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import syntax, unsupported

if TYPE_CHECKING:
    from builder.local.sql.tokens import Source

# What may be granted on what (Redshift, "GRANT"). ALL stands for each of them.
_ALLOWED = {
    "FUNCTION": frozenset({"EXECUTE"}),
    "SCHEMA": frozenset({"CREATE", "USAGE", "ALTER", "DROP"}),
    "LANGUAGE": frozenset({"USAGE"}),
    "TABLE": frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "REFERENCES", "ALTER", "TRUNCATE"}),
    "DATABASE": frozenset({"CREATE", "USAGE", "TEMPORARY", "TEMP", "ALTER"}),
}
_LANGUAGES = frozenset({"sql", "plpgsql", "plpythonu", "exfunc"})


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a grant is on: FUNCTION with its signature, or a name."""

    schema: str
    name: str
    signature: str | None = None


@dataclass(frozen=True, kw_only=True)
class Grant:
    """`revoke` tells the two apart. Grantees are `public`, `user x`, `group x` or `role x`."""

    revoke: bool
    kind: str
    privileges: tuple[str, ...]
    targets: tuple[Target, ...]
    grantees: tuple[str, ...]
    everything: bool = False


def parse_grant(source: Source) -> Grant:
    """Of functions, schemas, languages, tables and databases."""
    cursor = Cursor(source)
    revoke = cursor.take().text.upper() == "REVOKE"
    if revoke and cursor.accept("GRANT", "OPTION", "FOR"):
        pass
    words = [cursor.take().text.upper()]
    while cursor.accept(","):
        words.append(cursor.take().text.upper())
    cursor.accept("PRIVILEGES")
    if cursor.peek() != "ON":
        raise unsupported(f"{source.words(1)[0]} of a role or a system permission")
    cursor.expect("ON")
    everything, kind = _kind(cursor)
    targets = _targets(cursor, kind)
    cursor.expect("FROM" if revoke else "TO")
    grantees = _grantees(cursor)
    cursor.end()
    return Grant(
        revoke=revoke,
        kind=kind,
        privileges=_privileges(words, kind),
        targets=targets,
        grantees=grantees,
        everything=everything,
    )


def _kind(cursor: Cursor) -> tuple[bool, str]:
    if cursor.accept("ALL"):
        for plural, kind in (("FUNCTIONS", "FUNCTION"), ("TABLES", "TABLE")):
            if cursor.accept(plural, "IN", "SCHEMA"):
                return True, kind
        raise cursor.error()
    for kind in _ALLOWED:
        if cursor.accept(kind):
            return False, kind
    if cursor.peek() in {"PROCEDURE", "EXTERNAL", "DATASHARE", "MODEL", "COPY"}:
        raise unsupported(f"a grant on {cursor.peek()}")
    return False, "TABLE"


def _targets(cursor: Cursor, kind: str) -> tuple[Target, ...]:
    found = []
    while True:
        schema, name = cursor.name()
        text = None
        if kind == "FUNCTION" and cursor.peek() == "(":
            text = signature(read_arguments(cursor)[1])
        if kind == "LANGUAGE" and name not in _LANGUAGES:
            raise syntax(f'language "{name}" does not exist')
        found.append(Target(schema=schema, name=name, signature=text))
        if not cursor.accept(","):
            return tuple(found)


def _grantees(cursor: Cursor) -> tuple[str, ...]:
    found = []
    while True:
        if cursor.accept("PUBLIC"):
            found.append("public")
        elif cursor.accept("GROUP"):
            found.append(f"group {cursor.identifier()}")
        elif cursor.accept("ROLE"):
            found.append(f"role {cursor.identifier()}")
        else:
            found.append(f"user {cursor.identifier()}")
        cursor.accept("WITH", "GRANT", "OPTION")
        if not cursor.accept(","):
            break
    if not cursor.accept("CASCADE"):
        cursor.accept("RESTRICT")
    return tuple(found)


def _privileges(words: list[str], kind: str) -> tuple[str, ...]:
    allowed = _ALLOWED[kind]
    if words == ["ALL"]:
        return tuple(sorted(allowed))
    for word in words:
        if word not in allowed:
            raise syntax(f"invalid privilege type {word} for {kind.lower()}")
    return tuple(words)
