"""A session's search path: where names without a schema are looked for, and where they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.engine.duck import literal
from builder.local.engine.variables import DEFAULT_PATH
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.duck import Duck
    from builder.local.engine.engine import Engine


@dataclass(kw_only=True)
class SearchPath:
    """`written` is what SET has given. Schemas come and go: the session calls `renew` before it looks for a name."""

    engine: Engine
    duck: Duck
    user: str
    written: tuple[str, ...] = DEFAULT_PATH

    def __post_init__(self) -> None:
        self.seen = 0
        self.found: list[str] = []
        self.made = False
        # Since the last transaction's end: inside of one, only what was there when it began was seen.
        self.looked = False

    @property
    def names(self) -> tuple[str, ...]:
        """`$user` is the schema that has the user's name (Redshift, "search_path")."""
        return tuple(self.user if name == "$user" else name for name in self.written)

    def schemas(self, schema: str) -> tuple[str, ...]:
        return (schema,) if schema else self.names

    def exists(self, schema: str) -> bool:
        return bool(self.duck.rows("SELECT 1 FROM _rs.pg_namespace WHERE nspname = ?", [schema]))

    @property
    def current_schema(self) -> str:
        """Where a table without a schema in front is made."""
        return next((schema for schema in self.names if self.exists(schema)), "public")

    def set(self, written: tuple[str, ...]) -> None:
        """Schemas that are not there are kept, as PostgreSQL does, and looked into once they are."""
        self.written = written
        self.seen, self.looked = self.engine.schemas, True
        self.found = self._found()
        self.duck.run(f"SET VARIABLE rs_search_path = {literal(','.join(self.found))}")
        self.duck.run(self.setting)

    def renew(self) -> None:
        """Looks along it anew where schemas have come or gone."""
        if self.seen != self.engine.schemas:
            self.set(self.written)

    @property
    def setting(self) -> str:
        """What makes a connection of DuckDB find the same names."""
        return f"SET search_path = {literal(_joined(self.found))}"

    def schemas_change(self) -> None:
        """One was made or dropped: for this session now, for the others once it is committed."""
        self.made = True
        self.engine.schemas += 1

    def settle(self) -> None:
        """The transaction has ended: what it has made or dropped is so for all, and what others have shows now."""
        self.engine.schemas += self.made
        self.made = False
        if self.looked:
            self.seen, self.looked = -1, False

    def _found(self) -> list[str]:
        there = {name for (name,) in self.duck.rows("SELECT nspname FROM _rs.pg_namespace")}
        return [name for name in self.names if name in there]


def _joined(schemas: Sequence[str]) -> str:
    return ",".join(map(quote_identifier, schemas or ["public"]))
