"""A Redshift in memory, for tests of everything above the warehouse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.adapters.warehouse import Result
from builder.core.deploy.observed import WarehouseState
from builder.core.sql.text import made
from builder.errors import WarehouseError
from builder.model import Definition, Routine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.adapters.faults import Faults
    from builder.model import Statement


_GRANT = re.compile(
    r"(?:GRANT|REVOKE) (?:EXECUTE ON FUNCTION (?P<function>.*\))|USAGE ON SCHEMA \"(?P<schema>.*)\") "
    r"(?:TO|FROM) (?P<names>.*)"
)


def _flat(key: tuple[str, str, tuple[str, ...]]) -> tuple[str, ...]:
    return (key[0], key[1], *key[2])


@dataclass
class FakeWarehouse:
    """Redshift, as far as names go: CREATE and DROP by signature, transactions that happen or do not."""

    faults: Faults
    schemas: set[str] = field(default_factory=set)
    routines: dict[tuple[str, str, tuple[str, ...]], str] = field(default_factory=dict)
    # What a function was made by, which is what it shows; a test may put something else there.
    sources: dict[tuple[str, str, tuple[str, ...]], str] = field(default_factory=dict)
    tables: int = 0
    # Whom nobody has created, as RS_GRANTEES writes them; all others are there.
    absent: set[str] = field(default_factory=set)
    # Who may execute a routine, and who may use a schema: as the statements write them, without quotes.
    privileges: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)

    def run(self, statements: Sequence[Statement]) -> None:
        before = set(self.schemas), dict(self.routines), dict(self.privileges), dict(self.sources)
        with self.faults.call(f"run {statements[0].subject}"):
            try:
                for statement in statements:
                    self._one(statement)
            except WarehouseError:
                self.schemas, self.routines, self.privileges, self.sources = before
                raise

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        del sql, parameters
        return Result()

    def functions_in(self, schema: str) -> tuple[Routine, ...]:
        mine = ((key, returns) for key, returns in self.routines.items() if key[0] == schema)
        return tuple(sorted(Routine(name=key[1], arguments=key[2], returns=returns) for key, returns in mine))

    def definitions_in(self, schema: str, names: Sequence[str] = ()) -> tuple[Definition, ...]:
        with self.faults.look(f"definitions {schema} {' '.join(names)}".rstrip()):
            return tuple(
                Definition(name=key[1], arguments=key[2], language="sql", volatility="stable", source=source)
                for key, source in self.sources.items()
                if key[0] == schema and (not names or key[1] in names)
            )

    def observe(self, schema: str, *, place: str) -> WarehouseState:
        with self.faults.look(f"observe {schema}"):
            exists = schema in self.schemas
            return WarehouseState(
                place=place,
                schema_exists=exists,
                routines=self.functions_in(schema),
                definitions=self.definitions_in(schema),
                tables=self.tables if exists else 0,
            )

    def missing(self, grantees: Sequence[str]) -> tuple[str, ...]:
        return tuple(each for each in grantees if each in self.absent)

    def close(self) -> None:
        """Nothing is open."""

    def _one(self, statement: Statement) -> None:
        verb, kind, *rest = statement.text.split()
        if verb in {"GRANT", "REVOKE"}:
            self._privilege(verb, statement)
            return
        if kind == "SCHEMA":
            self._schema(verb, rest)
            return
        # A DROP names a function as a CREATE does.
        found = made(statement.text.replace("DROP", "CREATE", 1) if verb == "DROP" else statement.text)
        if found is None:
            return
        key = (found.schema, found.name, found.arguments)
        if found.schema not in self.schemas:
            raise WarehouseError(f'schema "{found.schema}" does not exist', where=statement.subject)
        if verb == "DROP":
            if self.routines.pop(key, None) is None:
                raise WarehouseError("function does not exist", where=statement.subject)
            self.privileges.pop(_flat(key), None)
            self.sources.pop(key, None)
            return
        if self.routines.setdefault(key, found.returns) != found.returns:
            raise WarehouseError("cannot change return type of existing function", where=statement.subject)
        self.sources[key] = statement.text

    def _privilege(self, verb: str, statement: Statement) -> None:
        granted = _GRANT.fullmatch(statement.text)
        if granted is None:
            raise WarehouseError(f"syntax error: {statement.text}", where=statement.subject)
        found = made(f"CREATE FUNCTION {granted['function']} RETURNS INT") if granted["function"] else None
        key = (found.schema, found.name, found.arguments) if found else None
        if key is not None and key not in self.routines:
            raise WarehouseError("function does not exist", where=statement.subject)
        of = _flat(key) if key else (granted["schema"],)
        names = frozenset(granted["names"].replace('"', "").split(", "))
        # EXECUTE on a new function is PUBLIC's, USAGE of a new schema nobody's.
        held = self.privileges.get(of, frozenset({"PUBLIC"} if key else ()))
        self.privileges[of] = held | names if verb == "GRANT" else held - names

    def _schema(self, verb: str, rest: Sequence[str]) -> None:
        name = next(word.strip('"') for word in rest if word.startswith('"'))
        if verb == "CREATE":
            self.schemas.add(name)
            return
        if self.tables or any(key[0] == name for key in self.routines):
            raise WarehouseError(f"cannot drop schema {name} because other objects depend on it")
        self.schemas.remove(name)
