"""Who may do what: the questions that are asked before a statement is done.

Sources: Redshift, "GRANT", "System permissions for RBAC", "UDF security and permissions". The words of a refusal are
PostgreSQL's, which Redshift has kept: `permission denied for language exfunc`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.duck import Duck
    from builder.local.objects.functions import Function

_WORDS = {"TABLE": "relation"}
# To be found by name one needs USAGE; these are everybody's.
_OPEN = frozenset({"pg_catalog", "information_schema", "temp"})
# "TRUNCATE", "ALTER TABLE": a role's system permission does as well.
_SYSTEM = {"TRUNCATE": "TRUNCATE TABLE", "ALTER": "ALTER TABLE"}
_PLACES = """
    SELECT schema_name, temporary FROM (
        SELECT schema_name, table_name AS name, temporary FROM duckdb_tables() UNION ALL
        SELECT schema_name, view_name, temporary FROM duckdb_views() WHERE NOT internal)
    WHERE name = ?
"""
_HELD = """
    SELECT EXISTS (SELECT 1 FROM _rs.acl WHERE kind = ? AND object = ? AND privilege = ?
                   AND list_contains(?, grantee_kind || ' ' || grantee))
        OR EXISTS (SELECT 1 FROM _rs.owned WHERE kind = ? AND object = ? AND owner = ?)
"""


def denied(kind: str, name: str) -> SqlError:
    return SqlError("42501", f"permission denied for {_WORDS.get(kind, kind.lower())} {name}")


def not_owner(kind: str, name: str) -> SqlError:
    return SqlError("42501", f"must be owner of {_WORDS.get(kind, kind.lower())} {name}")


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What one user may do. Nothing is remembered: a grant holds, and a REVOKE bites, from the next statement on.

    `held`, for the time of one statement: what the user counts as, and is no superuser. To ask for it takes longer than
    all the rest.
    """

    duck: Duck
    user: str
    held: tuple[str, ...] | None = None

    @property
    def superuser(self) -> bool:
        return self._says("_rs.is_super(?)", self.user)

    def may(self, kind: str, name: str, privilege: str) -> bool:
        """A superuser, the owner, and whom it is granted to: the user, a group, a role, PUBLIC."""
        if self.held is not None:
            rows = self.duck.rows(_HELD, [kind, name, privilege, list(self.held), kind, name, self.user])
            return bool(rows[0][0])
        return self._says("_rs.may(?, ?, ?, ?)", self.user, kind, name, privilege)

    def owns(self, kind: str, name: str) -> bool:
        return self._says("_rs.is_super(?) OR _rs.owns(?, ?, ?)", self.user, self.user, kind, name)

    def system(self, permission: str) -> bool:
        """A superuser, or a role that holds the system permission."""
        return self.may("SYSTEM", "", permission)

    def _says(self, condition: str, *values: str) -> bool:
        return bool(self.duck.rows(f"SELECT {condition}", list(values))[0][0])

    # What a statement names -----------------------------------------------------------------------------------------

    def usage(self, schema: str) -> None:
        """Of a schema that is named."""
        if schema not in _OPEN and not self.may("SCHEMA", schema, "USAGE"):
            raise denied("SCHEMA", schema)

    def execute(self, function: Function) -> None:
        if not self.may("FUNCTION", str(function), "EXECUTE"):
            raise denied("FUNCTION", function.name)

    def relation(self, schemas: Sequence[str], name: str, privileges: Sequence[str], *, named: bool) -> None:
        """`schemas` is where the name is looked for; `named`: it has its schema in front.

        A relation that is not there is no matter of rights: binding says so.
        """
        found = self.place(schemas, name, named=named)
        if found is None:
            return
        if named:
            self.usage(found)
        for privilege in privileges:
            everywhere = privilege in _SYSTEM and self.system(_SYSTEM[privilege])
            if not everywhere and not self.may("TABLE", f"{found}.{name}", privilege):
                raise denied("TABLE", name)

    def place(self, schemas: Sequence[str], name: str, *, named: bool) -> str | None:
        """The schema that a relation is found in; None for a temporary one, and where there is none."""
        places = dict(self.duck.rows(_PLACES, [name]))
        if not named and any(places.values()):
            return None
        return next((schema for schema in schemas if schema in places and not places[schema]), None)

    # What a statement makes, changes or drops -----------------------------------------------------------------------

    def create_in(self, schema: str, permission: str) -> None:
        """CREATE on the schema, or the system permission."""
        if not self.may("SCHEMA", schema, "CREATE") and not self.system(permission):
            raise denied("SCHEMA", schema)

    def language(self, name: str) -> None:
        if not self.may("LANGUAGE", name, "USAGE"):
            raise denied("LANGUAGE", name)

    def own(self, kind: str, name: str, shown: str, permission: str) -> None:
        """The owner's right, or the system permission's."""
        if not self.owns(kind, name) and not (permission and self.system(permission)):
            raise not_owner(kind, shown)
