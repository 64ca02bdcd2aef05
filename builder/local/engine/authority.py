"""Statements about users, groups, roles and grants, and SET SESSION AUTHORIZATION: read, and done by a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.grants import Grants
from builder.local.objects.identities import Identities, require
from builder.local.procedures import catalog
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from builder.local.engine.backend import Session
    from builder.local.objects.accounts import Account, DropAccount
    from builder.local.objects.owners import AlterOwner
    from builder.local.objects.privileges import DefaultPrivileges, Grant, GrantRole, Target
    from builder.local.sql.tokens import Source


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """SET SESSION AUTHORIZATION; "" goes back to the user that has logged in."""

    user: str = ""


def parse_authorization(source: Source) -> Authorization:
    """SET [SESSION | LOCAL] SESSION AUTHORIZATION name | 'name' | DEFAULT."""
    cursor = Cursor(source)
    cursor.expect("SET")
    if cursor.peek(1) == "SESSION":
        cursor.take()
    cursor.expect("SESSION", "AUTHORIZATION")
    default = cursor.accept("DEFAULT")
    user = "" if default else cursor.take().text.lower()
    cursor.end()
    return Authorization(user=user)


def authorize(session: Session, statement: Authorization) -> str:
    """Only who has logged in as a superuser becomes another (Redshift, "SET SESSION AUTHORIZATION")."""
    user = statement.user or session.login
    if user != session.login:
        if not session.duck.rows("SELECT _rs.is_super(?)", [session.login])[0][0]:
            raise SqlError("42501", "permission denied to set session authorization")
        require(session.duck, "user", user)
    session.become(user)
    return "SET"


def account(session: Session, statement: Account) -> str:
    identities = Identities(duck=session.duck, user=session.user)
    with session.atomically():
        (identities.create if statement.verb == "CREATE" else identities.alter)(statement)
    return statement.tag


def drop_account(session: Session, statement: DropAccount) -> str:
    with session.atomically():
        Identities(duck=session.duck, user=session.user).drop(statement)
    return f"DROP {statement.kind.upper()}"


def grant(session: Session, statement: Grant) -> str:
    with session.atomically():
        _grants(session).run(statement)
    return statement.tag


def grant_role(session: Session, statement: GrantRole) -> str:
    with session.atomically():
        _grants(session).roles(statement)
    return statement.tag


def default_privileges(session: Session, statement: DefaultPrivileges) -> str:
    with session.atomically():
        _grants(session).defaults(statement)
    return "ALTER DEFAULT PRIVILEGES"


def alter_owner(session: Session, statement: AlterOwner) -> str:
    """For the owner, superusers, and whom the system permission ALTER TABLE makes one. What the old owner has granted
    counts as the new one's from then on, as in PostgreSQL.
    """
    owner = statement.owner or (session.login if statement.login else session.user)
    require(session.duck, "user", owner)
    key, kind = _key(session, statement.kind, statement.target), statement.kind
    session.rights.own(kind, key, statement.target.name, "ALTER TABLE" if kind == "TABLE" else "")
    with session.atomically():
        before = session.duck.rows("SELECT owner FROM _rs.owned WHERE kind = ? AND object = ?", [kind, key])
        if kind in {"FUNCTION", "PROCEDURE"}:
            same = "schema_name || '.' || name || '(' || signature || ')' = ?"
            session.duck.run(f"UPDATE _rs.{kind.lower()} SET owner = ? WHERE {same}", [owner, key])  # noqa: S608 - one of two words
        else:
            session.duck.run("DELETE FROM _rs.owner WHERE kind = ? AND object = ?", [kind, key])
            session.duck.run("INSERT INTO _rs.owner VALUES (?, ?, ?)", [kind, key, owner])
        if before and before[0][0] != owner:
            mine = "kind = ? AND object = ? AND grantor = ?"
            session.duck.run(f"UPDATE _rs.acl SET grantor = ? WHERE {mine}", [owner, kind, key, before[0][0]])  # noqa: S608 - a constant
    return statement.tag


def _grants(session: Session) -> Grants:
    return Grants(
        duck=session.duck, user=session.user, names=lambda statement, target: _names(session, statement, target)
    )


def _names(session: Session, statement: Grant, target: Target) -> tuple[str, ...]:
    """The keys of the objects that a target means: see `_rs.acl`."""
    if statement.everything:
        return _everything(session, statement.kind, target.name)
    return (_key(session, statement.kind, target),)


def _key(session: Session, kind: str, target: Target) -> str:
    if kind in {"FUNCTION", "PROCEDURE"}:
        return _routine(session, kind, target)
    if kind == "TABLE":
        place = session.rights.place(session.path.schemas(target.schema), target.name, named=bool(target.schema))
        if place is None:
            raise SqlError("42P01", f'relation "{target.name}" does not exist')
        return f"{place}.{target.name}"
    if kind == "SCHEMA" and not session.path.exists(target.name):
        raise SqlError("3F000", f'schema "{target.name}" does not exist')
    if kind == "DATABASE":
        if target.name != session.engine.name:
            raise SqlError("3D000", f'database "{target.name}" does not exist')
        return ""
    return target.name


def _everything(session: Session, kind: str, schema: str) -> tuple[str, ...]:
    """What is in the schema now; what comes later is a matter of ALTER DEFAULT PRIVILEGES."""
    if not session.path.exists(schema):
        raise SqlError("3F000", f'schema "{schema}" does not exist')
    tables = (
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name = $1 AND NOT temporary "
        "UNION ALL SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE schema_name = $1 AND NOT internal"
    )
    routines = "SELECT schema_name || '.' || name || '(' || signature || ')' FROM _rs.{} WHERE schema_name = $1"
    rows = session.duck.rows(tables if kind == "TABLE" else routines.format(kind.lower()), [schema])
    return tuple(sorted(name for (name,) in rows))


def _routine(session: Session, kind: str, target: Target) -> str:
    """A function's or a procedure's key."""
    schemas, word = session.path.schemas(target.schema), kind.lower()
    if kind == "FUNCTION":
        found = {each.signature: str(each) for each in session.catalog.overloads(schemas, target.name)}
    else:
        found = {each.signature: each.key for each in catalog.overloads(session, schemas, target.name)}
    match = [key for text, key in found.items() if target.signature in {None, text}]
    if not match:
        raise SqlError("42883", f"{word} {target.name}({target.signature or ''}) does not exist")
    if len(match) > 1:
        raise SqlError("42725", f"{word} {target.name} is not unique")
    return match[0]
