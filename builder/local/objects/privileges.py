"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES, as statements say them. Source: Redshift, "GRANT", "REVOKE"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.functions import read_arguments, signature
from builder.local.procedures.grammar import read_inputs
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, syntax, unsupported

if TYPE_CHECKING:
    from builder.local.sql.tokens import Source

# What may be granted on what. ALL stands for each of them.
_ALLOWED = {
    "FUNCTION": frozenset({"EXECUTE"}),
    "PROCEDURE": frozenset({"EXECUTE"}),
    "SCHEMA": frozenset({"CREATE", "USAGE", "ALTER", "DROP"}),
    "LANGUAGE": frozenset({"USAGE"}),
    "TABLE": frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "REFERENCES", "ALTER", "TRUNCATE"}),
    "DATABASE": frozenset({"CREATE", "USAGE", "TEMPORARY", "ALTER"}),
}
_PLURALS = {"FUNCTIONS": "FUNCTION", "PROCEDURES": "PROCEDURE", "TABLES": "TABLE"}
_LANGUAGES = frozenset({"sql", "plpgsql", "plpythonu", "exfunc"})
# Redshift, "System permissions for RBAC".
SYSTEM = (
    "CREATE ROLE", "CREATE USER", "DROP USER", "ALTER USER", "CREATE SCHEMA", "DROP SCHEMA",
    "ALTER DEFAULT PRIVILEGES", "CREATE TABLE", "DROP TABLE", "ALTER TABLE", "CREATE OR REPLACE FUNCTION",
    "CREATE OR REPLACE EXTERNAL FUNCTION", "DROP FUNCTION", "CREATE OR REPLACE PROCEDURE", "DROP PROCEDURE",
    "CREATE OR REPLACE VIEW", "DROP VIEW", "TRUNCATE TABLE", "VACUUM", "ANALYZE", "CANCEL", "ACCESS SYSTEM TABLE",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a grant is on: FUNCTION and PROCEDURE with their signatures, or a name."""

    schema: str
    name: str
    signature: str | None = None


@dataclass(frozen=True, kw_only=True, order=True)
class Grantee:
    """`kind` is public, user, group or role; `admin`: WITH GRANT OPTION or WITH ADMIN OPTION."""

    kind: str
    name: str
    admin: bool = False


@dataclass(frozen=True, kw_only=True)
class Grant:
    """GRANT, or with `revoke` REVOKE. `option`: only the right to grant it on is taken back."""

    revoke: bool
    kind: str
    privileges: tuple[str, ...]
    targets: tuple[Target, ...]
    grantees: tuple[Grantee, ...]
    everything: bool = False
    option: bool = False
    cascade: bool = False

    @property
    def tag(self) -> str:
        return "REVOKE" if self.revoke else "GRANT"


@dataclass(frozen=True, kw_only=True)
class GrantRole:
    """Of roles to users and roles."""

    revoke: bool
    roles: tuple[str, ...]
    grantees: tuple[Grantee, ...]
    option: bool = False

    @property
    def tag(self) -> str:
        return "REVOKE" if self.revoke else "GRANT"


@dataclass(frozen=True, kw_only=True)
class DefaultPrivileges:
    """ALTER DEFAULT PRIVILEGES: what `owner` ("" the session's user) will grant on what it makes in a schema."""

    owners: tuple[str, ...]
    schemas: tuple[str, ...]
    grant: Grant


def parse_grant(source: Source) -> Grant | GrantRole:
    """GRANT and REVOKE of privileges, of system permissions and of roles."""
    cursor = Cursor(source)
    revoke = cursor.take().text.upper() == "REVOKE"
    option = revoke and (cursor.accept("GRANT", "OPTION", "FOR") or cursor.accept("ADMIN", "OPTION", "FOR"))
    if cursor.peek() == "ROLE":
        return _roles(cursor, revoke=revoke, option=option)
    words = _words(cursor)
    if cursor.peek() in {"TO", "FROM"}:
        return _system(cursor, words, revoke=revoke)
    if cursor.accept("FOR"):
        raise unsupported("a scoped permission (FOR ... IN)")
    cursor.expect("ON")
    everything, kind = _kind(cursor)
    targets = _targets(cursor, kind)
    grantees, cascade = _grantees(cursor, revoke=revoke)
    return Grant(
        revoke=revoke,
        kind=kind,
        privileges=_privileges(words, kind),
        targets=targets,
        grantees=grantees,
        everything=everything,
        option=option,
        cascade=cascade,
    )


def parse_default_privileges(source: Source) -> DefaultPrivileges:
    """ALTER DEFAULT PRIVILEGES [FOR USER u, ...] [IN SCHEMA s, ...] GRANT | REVOKE ... ON kinds ..."""
    cursor = Cursor(source)
    cursor.expect("ALTER", "DEFAULT", "PRIVILEGES")
    owners = _names(cursor) if cursor.accept("FOR", "USER") else ()
    schemas = _names(cursor) if cursor.accept("IN", "SCHEMA") else ()
    revoke = cursor.accept("REVOKE")
    if not revoke:
        cursor.expect("GRANT")
    option = revoke and cursor.accept("GRANT", "OPTION", "FOR")
    words = _words(cursor)
    cursor.expect("ON")
    if cursor.peek() == "SCHEMAS":
        raise unsupported("default privileges on SCHEMAS")
    kind = _PLURALS.get(cursor.peek())
    if kind is None:
        raise cursor.error()
    cursor.take()
    grantees, cascade = _grantees(cursor, revoke=revoke)
    grant = Grant(
        revoke=revoke, kind=kind, privileges=_privileges(words, kind), targets=(), grantees=grantees, option=option,
        cascade=cascade,
    )  # fmt: skip
    return DefaultPrivileges(owners=owners, schemas=schemas, grant=grant)


def _words(cursor: Cursor) -> list[str]:
    """`SELECT, INSERT`, `CREATE OR REPLACE FUNCTION, DROP TABLE`, `ALL PRIVILEGES`."""
    words = [""]
    while not cursor.done and cursor.peek() not in {"ON", "TO", "FROM", "FOR"}:
        if cursor.peek() == "(":
            raise unsupported("a grant on columns")
        if cursor.accept(","):
            words.append("")
        else:
            words[-1] = f"{words[-1]} {cursor.take().text.upper()}".strip()
    return ["ALL" if word == "ALL PRIVILEGES" else word for word in words]


def _roles(cursor: Cursor, *, revoke: bool, option: bool) -> GrantRole:
    roles = []
    while True:
        cursor.expect("ROLE")
        name = cursor.identifier()
        if cursor.accept(":"):
            raise unsupported("a role of the system")
        roles.append(name)
        if not cursor.accept(","):
            break
    grantees, _ = _grantees(cursor, revoke=revoke)
    if any(each.kind not in {"user", "role"} for each in grantees):
        raise syntax("a role is granted to users and to roles")
    return GrantRole(revoke=revoke, roles=tuple(roles), grantees=grantees, option=option)


def _system(cursor: Cursor, words: list[str], *, revoke: bool) -> Grant:
    """System permissions go to roles alone."""
    for word in words:
        if word not in {*SYSTEM, "ALL"}:
            raise unsupported(f"the system permission {word}") if " " in word else cursor.error()
    grantees, _ = _grantees(cursor, revoke=revoke)
    if any(each.kind != "role" for each in grantees):
        raise syntax("system permissions are granted to roles")
    privileges = SYSTEM if words == ["ALL"] else tuple(words)
    target = Target(schema="", name="")
    return Grant(revoke=revoke, kind="SYSTEM", privileges=privileges, targets=(target,), grantees=grantees)


def _kind(cursor: Cursor) -> tuple[bool, str]:
    if cursor.accept("ALL"):
        for plural, kind in _PLURALS.items():
            if cursor.accept(plural, "IN", "SCHEMA"):
                return True, kind
        raise cursor.error()
    for kind in _ALLOWED:
        if cursor.accept(kind):
            return False, kind
    if cursor.peek() in {"EXTERNAL", "DATASHARE", "MODEL", "COPY"}:
        raise unsupported(f"a grant on {cursor.peek()}")
    return False, "TABLE"


def _targets(cursor: Cursor, kind: str) -> tuple[Target, ...]:
    found = []
    while True:
        schema, name = cursor.name()
        text = None
        if kind == "FUNCTION" and cursor.peek() == "(":
            text = signature(read_arguments(cursor)[1])
        if kind == "PROCEDURE" and cursor.peek() == "(":
            text = signature(read_inputs(cursor))
        if kind == "LANGUAGE" and name not in _LANGUAGES:
            raise SqlError("42704", f'language "{name}" does not exist')
        found.append(Target(schema=schema, name=name, signature=text))
        if not cursor.accept(","):
            return tuple(found)


def _grantees(cursor: Cursor, *, revoke: bool) -> tuple[tuple[Grantee, ...], bool]:
    """With whether CASCADE was said."""
    cursor.expect("FROM" if revoke else "TO")
    found = []
    while True:
        kind = next((word for word in ("PUBLIC", "GROUP", "ROLE") if cursor.accept(word)), "USER").lower()
        name = "public" if kind == "public" else cursor.identifier()
        admin = not revoke and (cursor.accept("WITH", "GRANT", "OPTION") or cursor.accept("WITH", "ADMIN", "OPTION"))
        if admin and kind in {"public", "group"}:
            # PostgreSQL's words; Redshift, "GRANT", WITH GRANT OPTION: not to a group, not to PUBLIC.
            raise SqlError("0LP01", "grant options can only be granted to individual users")
        found.append(Grantee(kind=kind, name=name, admin=admin))
        if not cursor.accept(","):
            break
    cascade = cursor.accept("CASCADE")
    if not cascade:
        cursor.accept("RESTRICT")
    cursor.end()
    return tuple(found), cascade


def _privileges(words: list[str], kind: str) -> tuple[str, ...]:
    allowed = _ALLOWED[kind]
    if words == ["ALL"]:
        return tuple(sorted(allowed))
    words = ["TEMPORARY" if word == "TEMP" else word for word in words]
    for word in words:
        if word not in allowed:
            raise syntax(f"invalid privilege type {word} for {kind.lower()}")
    return tuple(words)


def _names(cursor: Cursor) -> tuple[str, ...]:
    found = [cursor.identifier()]
    while cursor.accept(","):
        found.append(cursor.identifier())
    return tuple(found)
