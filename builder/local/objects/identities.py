"""Users, groups and roles as they are kept: made, changed, dropped, and asked for at the door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.local.objects.rights import Rights
from builder.local.sqlstate import SqlError, conflict, unsupported

if TYPE_CHECKING:
    import datetime as dt

    from builder.local.engine.duck import Duck
    from builder.local.objects.accounts import Account, DropAccount

# The master user's number in pg_user.
MASTER = 100
_USERS = {"user", "role"}


def ensure_master(duck: Duck, name: str) -> None:
    """The user that the endpoint was started with: a superuser whose password is not kept here."""
    if duck.rows("SELECT 1 FROM _rs.account WHERE oid = ? AND name = ?", [MASTER, name]):
        return
    duck.run("DELETE FROM _rs.account WHERE oid = ?", [MASTER])
    row = [MASTER, name]
    sql = "INSERT INTO _rs.account VALUES (?, 'user', ?, NULL, true, true, 'UNRESTRICTED', NULL, NULL, NULL, NULL)"
    duck.run(sql, row)


def require(duck: Duck, kind: str, name: str) -> None:
    """Raises SqlError 42704."""
    if not duck.rows("SELECT 1 FROM _rs.account WHERE kind = ? AND name = ?", [kind, name]):
        raise SqlError("42704", f'{kind} "{name}" does not exist')


def secret(duck: Duck, name: str) -> tuple[str | None, dt.datetime | None] | None:
    """What is kept of a user's password, and until when it counts; None for a user who is not there."""
    rows = duck.rows("SELECT password, valid_until FROM _rs.account WHERE kind = 'user' AND name = ?", [name])
    return (rows[0][0], rows[0][1]) if rows else None


@dataclass(frozen=True, kw_only=True)
class Identities:
    """Changes by one user. Who may: Redshift, "System permissions for RBAC"."""

    duck: Duck
    user: str

    @property
    def rights(self) -> Rights:
        return Rights(duck=self.duck, user=self.user)

    def create(self, wanted: Account) -> None:
        self._allowed("CREATE", wanted.kind)
        if wanted.changes.get("superuser"):
            self._superuser("create superusers")
        # A role's name cannot be a user's ("CREATE ROLE").
        kinds = _USERS if wanted.kind in _USERS else {wanted.kind}
        for kind in sorted(kinds):
            if self.duck.rows("SELECT 1 FROM _rs.account WHERE kind = ? AND name = ?", [kind, wanted.name]):
                raise SqlError("42710", f'{kind} "{wanted.name}" already exists')
        changes = {"createdb": False, "superuser": False, "syslog": "RESTRICTED", **wanted.changes}
        columns = ["oid", "kind", "name", "owner", *changes]
        marks = ", ".join(["nextval('_rs.account_ids')", *("?" for _ in columns[1:])])
        sql = f"INSERT INTO _rs.account ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - columns of ours
        try:
            self.duck.run(sql, [wanted.kind, wanted.name, self.user, *changes.values()])
        except SqlError as error:
            raise (conflict() if error.code == "23505" else error) from error
        self._members(wanted)

    def alter(self, wanted: Account) -> None:
        require(self.duck, wanted.kind, wanted.name)
        self._may_alter(wanted)
        if wanted.rename:
            self._rename(wanted)
        for column, value in wanted.changes.items():
            if column == "owner":
                require(self.duck, "user", value)
            sql = f"UPDATE _rs.account SET {column} = ? WHERE kind = ? AND name = ?"  # noqa: S608 - a column of ours
            self.duck.run(sql, [value, wanted.kind, wanted.name])
        self._members(wanted)

    def _may_alter(self, wanted: Account) -> None:
        if wanted.kind == "role":
            self._role_owner(wanted.name)
            return
        own_password = wanted.kind == "user" and wanted.name == self.user and set(wanted.changes) == {"password"}
        if not own_password:
            self._allowed("ALTER", wanted.kind)
        if "superuser" in wanted.changes:
            self._superuser("change users to superusers, or superusers to users")
        if wanted.kind == "user" and (wanted.rename or "password" in wanted.changes) and self._master(wanted.name):
            raise unsupported("another name or password for the user that the endpoint was started with")

    def _rename(self, wanted: Account) -> None:
        if self.duck.rows("SELECT 1 FROM _rs.account WHERE kind = ? AND name = ?", [wanted.kind, wanted.rename]):
            raise SqlError("42710", f'{wanted.kind} "{wanted.rename}" already exists')
        pair: list[Any] = [wanted.rename, wanted.name]
        # The md5 holds the name: a password does not outlive it ("ALTER USER", RENAME).
        self.duck.run(
            "UPDATE _rs.account SET name = ?, password = NULL WHERE kind = ? AND name = ?",
            [wanted.rename, wanted.kind, wanted.name],
        )
        for table, column in (("member", "name"), ("member", "member"), ("acl", "grantee"), ("default_acl", "grantee")):
            kind = {"name": "kind", "member": "member_kind", "grantee": "grantee_kind"}[column]
            sql = f"UPDATE _rs.{table} SET {column} = ? WHERE {column} = ? AND {kind} = ?"  # noqa: S608 - names of ours
            self.duck.run(sql, [*pair, wanted.kind])
        if wanted.kind == "user":
            owners = (("function", "owner"), ("owner", "owner"), ("account", "owner"), ("acl", "grantor"))
            for table, column in (*owners, ("default_acl", "owner")):
                self.duck.run(f"UPDATE _rs.{table} SET {column} = ? WHERE {column} = ?", pair)  # noqa: S608 - as above

    def drop(self, wanted: DropAccount) -> None:
        for name in wanted.names:
            if wanted.kind == "role":
                require(self.duck, "role", name)
                self._role_owner(name)
            else:
                self._allowed("DROP", wanted.kind)
            try:
                require(self.duck, wanted.kind, name)
            except SqlError:
                if wanted.if_exists:
                    continue
                raise
            self._unused(wanted, name)
            self._forget(wanted.kind, name)

    def _unused(self, wanted: DropAccount, name: str) -> None:
        """Redshift, "DROP USER": neither an owner nor a holder of privileges can be dropped. The words: its forums."""
        if wanted.kind == "user":
            if self._master(name) or name == self.user:
                raise SqlError("55006", f'user "{name}" cannot be dropped')
            if self.duck.rows("SELECT 1 FROM _rs.owned WHERE owner = ?", [name]):
                raise SqlError("55006", f'user "{name}" cannot be dropped because the user owns some object')
        if not wanted.force and self.duck.rows(
            "SELECT 1 FROM _rs.acl WHERE grantee_kind = ? AND grantee = ?", [wanted.kind, name]
        ):
            what = f'{wanted.kind} "{name}" cannot be dropped because the {wanted.kind} has a privilege on some object'
            raise SqlError("55006", what, hint="REVOKE it first")
        held = "SELECT 1 FROM _rs.member WHERE kind = 'role' AND name = ?"
        if wanted.kind == "role" and not wanted.force and self.duck.rows(held, [name]):
            raise SqlError("2BP01", f'role "{name}" is granted to others', hint="use DROP ROLE ... FORCE")

    def _forget(self, kind: str, name: str) -> None:
        self.duck.run("DELETE FROM _rs.account WHERE kind = ? AND name = ?", [kind, name])
        self.duck.run("DELETE FROM _rs.member WHERE kind = ? AND name = ?", [kind, name])
        self.duck.run("DELETE FROM _rs.member WHERE member_kind = ? AND member = ?", [kind, name])
        for table in ("acl", "default_acl"):
            self.duck.run(f"DELETE FROM _rs.{table} WHERE grantee_kind = ? AND grantee = ?", [kind, name])  # noqa: S608 - ours

    def _members(self, wanted: Account) -> None:
        group = wanted.kind == "group"
        pairs = [(wanted.name, each) if group else (each, wanted.name) for each in wanted.add]
        for name, member in pairs:
            require(self.duck, "user" if group else "group", member if group else name)
            self.duck.run("INSERT OR IGNORE INTO _rs.member VALUES ('group', ?, 'user', ?, false)", [name, member])
        for member in wanted.drop:
            sql = "DELETE FROM _rs.member WHERE kind = 'group' AND name = ? AND member = ?"
            self.duck.run(sql, [wanted.name, member])

    def _allowed(self, verb: str, kind: str) -> None:
        """Groups are a superuser's; users and roles also belong to who holds the system permission."""
        if kind != "group" and self.rights.system(f"{verb} {kind.upper()}"):
            return
        if not self.rights.superuser:
            raise SqlError("42501", f"permission denied: must be superuser to {verb.lower()} {kind}s")

    def _superuser(self, what: str) -> None:
        if not self.rights.superuser:
            raise SqlError("42501", f"permission denied: must be superuser to {what}")

    def _role_owner(self, name: str) -> None:
        admin = (
            "SELECT 1 FROM _rs.account WHERE kind = 'role' AND name = ? AND owner = ? UNION ALL "
            "SELECT 1 FROM _rs.member WHERE kind = 'role' AND name = ? AND member_kind = 'user' AND member = ? "
            "AND admin"
        )
        if not self.rights.superuser and not self.duck.rows(admin, [name, self.user, name, self.user]):
            raise SqlError("42501", f"must be owner of role {name}")

    def role_admin(self, name: str) -> None:
        """Who may grant a role: a superuser, its owner, and who holds it WITH ADMIN OPTION."""
        require(self.duck, "role", name)
        self._role_owner(name)

    def _master(self, name: str) -> bool:
        return bool(self.duck.rows("SELECT 1 FROM _rs.account WHERE oid = ? AND name = ?", [MASTER, name]))
