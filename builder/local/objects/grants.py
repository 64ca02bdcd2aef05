"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES as they are done: who may grant, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.identities import Identities, require
from builder.local.objects.rights import Rights, denied
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from builder.local.engine.duck import Duck
    from builder.local.objects.privileges import DefaultPrivileges, Grant, Grantee, GrantRole, Target

_SAME = "kind = ? AND object = ? AND privilege = ?"


@dataclass(frozen=True, kw_only=True)
class Grants:
    """By one user. `names` gives the objects' keys that a target means: see `_rs.acl`."""

    duck: Duck
    user: str
    names: Callable[[Grant, Target], tuple[str, ...]]

    def run(self, statement: Grant) -> None:
        for grantee in statement.grantees:
            self._known(grantee)
        superuser = self._rights.superuser
        for name in (name for target in statement.targets for name in self.names(statement, target)):
            owner = superuser or self._rights.owns(statement.kind, name)
            for privilege in statement.privileges:
                if not owner:
                    self._may_grant(statement.kind, name, privilege)
                for grantee in statement.grantees:
                    self._one(statement, (statement.kind, name, privilege), grantee, owner=owner)

    def _one(self, statement: Grant, what: tuple[str, str, str], grantee: Grantee, *, owner: bool) -> None:
        if not statement.revoke:
            self._give(what, grantee)
        elif statement.option:
            self._dependents(what, grantee, cascade=statement.cascade)
            sql = f"UPDATE _rs.acl SET admin = false WHERE {_SAME} AND grantee_kind = ? AND grantee = ?"  # noqa: S608 - a constant
            self.duck.run(sql, [*what, grantee.kind, grantee.name])
        else:
            self._dependents(what, grantee, cascade=statement.cascade)
            # An owner and a superuser take back whatever anybody has granted; others what they have.
            by, values = ("", []) if owner else (" AND grantor = ?", [self.user])
            sql = f"DELETE FROM _rs.acl WHERE {_SAME} AND grantee_kind = ? AND grantee = ?{by}"  # noqa: S608 - constants
            self.duck.run(sql, [*what, grantee.kind, grantee.name, *values])

    def _give(self, what: tuple[str, str, str], grantee: Grantee) -> None:
        key = [*what, grantee.kind, grantee.name, self.user]
        place = f"{_SAME} AND grantee_kind = ? AND grantee = ? AND grantor = ?"
        if not self.duck.rows(f"SELECT 1 FROM _rs.acl WHERE {place}", key):  # noqa: S608 - a constant
            self.duck.run("INSERT INTO _rs.acl VALUES (?, ?, ?, ?, ?, ?, ?)", [*key, grantee.admin])
        elif grantee.admin:
            self.duck.run(f"UPDATE _rs.acl SET admin = true WHERE {place}", key)  # noqa: S608 - a constant

    def _dependents(self, what: tuple[str, str, str], grantee: Grantee, *, cascade: bool) -> None:
        """What the grantee has granted on by a right to do so."""
        if grantee.kind != "user" or self._owner(what, grantee.name):
            return
        where = f"{_SAME} AND grantor = ? AND NOT (grantee_kind = 'user' AND grantee = ?)"
        values = [*what, grantee.name, grantee.name]
        if not self.duck.rows(f"SELECT 1 FROM _rs.acl WHERE {where}", values):  # noqa: S608 - a constant
            return
        if not cascade:
            raise SqlError("2BP01", "dependent privileges exist", hint="Use CASCADE to revoke them too.")
        self.duck.run(f"DELETE FROM _rs.acl WHERE {where}", values)  # noqa: S608 - a constant

    def _owner(self, what: tuple[str, str, str], user: str) -> bool:
        return Rights(duck=self.duck, user=user).owns(what[0], what[1])

    def _may_grant(self, kind: str, name: str, privilege: str) -> None:
        sql = f"SELECT 1 FROM _rs.acl WHERE {_SAME} AND grantee_kind = 'user' AND grantee = ? AND admin"  # noqa: S608 - a constant
        if not self.duck.rows(sql, [kind, name, privilege, self.user]):
            raise denied(kind, shown(name))

    def roles(self, statement: GrantRole) -> None:
        identities = Identities(duck=self.duck, user=self.user)
        for role in statement.roles:
            identities.role_admin(role)
            for grantee in statement.grantees:
                self._known(grantee)
                self._role(statement, role, grantee)

    def _role(self, statement: GrantRole, role: str, grantee: Grantee) -> None:
        key = [role, grantee.kind, grantee.name]
        where = "kind = 'role' AND name = ? AND member_kind = ? AND member = ?"
        if statement.revoke and statement.option:
            self.duck.run(f"UPDATE _rs.member SET admin = false WHERE {where}", key)  # noqa: S608 - a constant
            return
        if not statement.revoke and grantee.kind == "role" and self._holds(role, grantee.name):
            raise SqlError("0LP01", f'role "{grantee.name}" is a member of role "{role}"')
        self.duck.run(f"DELETE FROM _rs.member WHERE {where}", key)  # noqa: S608 - a constant
        if not statement.revoke:
            self.duck.run("INSERT INTO _rs.member VALUES ('role', ?, ?, ?, ?)", [*key, grantee.admin])

    def _holds(self, role: str, other: str) -> bool:
        """Whether `role` is `other`, or holds it: a grant would close a circle."""
        sql = (
            "WITH RECURSIVE held(name) AS (SELECT ? UNION SELECT m.name FROM held h JOIN _rs.member m "
            "ON m.kind = 'role' AND m.member_kind = 'role' AND m.member = h.name) SELECT 1 FROM held WHERE name = ?"
        )
        return bool(self.duck.rows(sql, [role, other]))

    def defaults(self, statement: DefaultPrivileges) -> None:
        """Kept, and given to what is made from now on."""
        owners = statement.owners or (self.user,)
        others = [each for each in owners if each != self.user]
        if others and not self._rights.system("ALTER DEFAULT PRIVILEGES"):
            raise SqlError("42501", "permission denied to change default privileges")
        for schema in statement.schemas:
            if not self.duck.rows("SELECT 1 FROM _rs.pg_namespace WHERE nspname = ?", [schema]):
                raise SqlError("3F000", f'schema "{schema}" does not exist')
        for owner in owners:
            require(self.duck, "user", owner)
            for schema in statement.schemas or ("",):
                for key, grantee in self._defaults(statement.grant):
                    self._default(statement.grant, [owner, schema, *key], grantee)

    def _defaults(self, grant: Grant) -> Iterator[tuple[tuple[str, str, str, str], Grantee]]:
        for grantee in grant.grantees:
            self._known(grantee)
            for privilege in grant.privileges:
                yield (grant.kind, privilege, grantee.kind, grantee.name), grantee

    def _default(self, grant: Grant, key: list[str], grantee: Grantee) -> None:
        where = "owner = ? AND schema_name = ? AND kind = ? AND privilege = ? AND grantee_kind = ? AND grantee = ?"
        self.duck.run(f"DELETE FROM _rs.default_acl WHERE {where}", list(key))  # noqa: S608 - a constant
        # EXECUTE for PUBLIC is there without a grant: only that can be taken back beyond what was given.
        built_in = key[2:] == ["FUNCTION", "EXECUTE", "public", "public"]
        if not grant.revoke or built_in or grant.option:
            revoked = grant.revoke and not grant.option
            self.duck.run("INSERT INTO _rs.default_acl VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*key, grantee.admin, revoked])

    def _known(self, grantee: Grantee) -> None:
        if grantee.kind != "public":
            require(self.duck, grantee.kind, grantee.name)

    @property
    def _rights(self) -> Rights:
        return Rights(duck=self.duck, user=self.user)


def shown(name: str) -> str:
    """An object's key as errors have it: without schema and signature."""
    return name.partition("(")[0].rpartition(".")[2]


def made(duck: Duck, kind: str, schema: str, name: str, owner: str) -> None:
    """What a new function, table or view is granted: EXECUTE for PUBLIC ("UDF security and permissions"), and what its
    owner's default privileges say.
    """
    sql = (
        "SELECT privilege, grantee_kind, grantee, admin, revoked FROM _rs.default_acl "
        "WHERE kind = ? AND owner = ? AND schema_name IN ('', ?)"
    )
    told = duck.rows(sql, [kind, owner, schema])
    rows = {(privilege, grantee_kind, grantee): admin for privilege, grantee_kind, grantee, admin, no in told if not no}
    taken = {row[:3] for row in told if row[4]}
    public = ("EXECUTE", "public", "public")
    if kind == "FUNCTION" and public not in taken:
        rows.setdefault(public, False)
    for (privilege, grantee_kind, grantee), admin in rows.items():
        values = [kind, name, privilege, grantee_kind, grantee, owner, admin]
        duck.run("INSERT OR IGNORE INTO _rs.acl VALUES (?, ?, ?, ?, ?, ?, ?)", values)
