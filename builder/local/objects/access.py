"""What the names of a query need of the user: SELECT and the like on relations, EXECUTE on functions, USAGE."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from builder.local.objects.rights import Rights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.duck import Duck
    from builder.local.objects.functions import Function


@dataclass(frozen=True, kw_only=True)
class Access:
    """One statement's questions. `system` are the relations that everybody reads.

    A view stands on its owner's rights, and its functions on the caller's (PostgreSQL, "Rules and Privileges"). A SQL
    function has no rights of its own: what its body calls, its caller needs EXECUTE on too.
    """

    duck: Duck
    user: str
    search_path: tuple[str, ...]
    system: frozenset[str]

    @cached_property
    def free(self) -> bool:
        """A superuser, of whom nothing is asked."""
        return Rights(duck=self.duck, user=self.user).superuser

    @cached_property
    def _own(self) -> Rights:
        if self.free:
            return Rights(duck=self.duck, user=self.user)
        sql = "SELECT kind || ' ' || name FROM _rs.identity WHERE member = ?"
        held = tuple(identity for (identity,) in self.duck.rows(sql, [self.user]))
        return Rights(duck=self.duck, user=self.user, held=held)

    def _rights(self, owner: str) -> Rights:
        return Rights(duck=self.duck, user=owner) if owner else self._own

    def _schemas(self, schema: str) -> tuple[str, ...]:
        return (schema,) if schema else self.search_path

    def function(self, schema: str, function: Function, owner: str) -> None:
        """EXECUTE, and USAGE of the schema where a query itself names the function."""
        if self.free:
            return
        if not owner:
            self._rights("").usage(schema or function.schema)
        self._rights("").execute(function)

    def relation(self, schema: str, name: str, privileges: Sequence[str], owner: str) -> None:
        """`owner` is the owner of the view that names it, "" for the query itself."""
        if (self.free and not owner) or schema in {"pg_catalog", "information_schema"}:
            return
        if not schema and name in self.system:
            return
        rights = self._rights(owner)
        if not owner or not rights.superuser:
            rights.relation(self._schemas(schema), name, privileges, named=bool(schema))

    def view(self, schema: str, name: str) -> str:
        """The owner of a view."""
        place = self._rights("").place(self._schemas(schema), name, named=bool(schema))
        sql = "SELECT owner FROM _rs.owner WHERE kind = 'TABLE' AND object = ?"
        rows = self.duck.rows(sql, [f"{place}.{name}"])
        return str(rows[0][0]) if rows else ""

    def key(self, schema: str, name: str) -> str:
        """A relation as `_rs.acl` names it; "" where there is none."""
        place = self._rights("").place(self._schemas(schema), name, named=bool(schema))
        return f"{place}.{name}" if place else ""
