"""A warehouse in memory: keeps what CREATE and DROP leave, and undoes a transaction that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from builder.adapters.warehouse import Result
from builder.core.observed import Routine, WarehouseState
from builder.core.sql_text import made
from builder.errors import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.model import Statement

Key = tuple[str, str, tuple[str, ...]]


class MemoryWarehouse:
    """Knows functions and schemas, not values. `refuse` says which statements fail."""

    def __init__(self, refuse: Callable[[Statement], bool] = lambda _: False) -> None:
        self.transactions: list[tuple[Statement, ...]] = []
        self.functions: dict[Key, str] = {}
        self.schemas: set[str] = set()
        self._refuse = refuse

    def run(self, statements: Sequence[Statement]) -> None:
        functions, schemas = dict(self.functions), set(self.schemas)
        try:
            for statement in statements:
                self._one(statement)
        except WarehouseError:
            self.functions, self.schemas = functions, schemas
            raise
        self.transactions.append(tuple(statements))

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        del sql, parameters
        return Result()

    def functions_in(self, schema: str) -> tuple[Routine, ...]:
        found = (
            Routine(name=name, arguments=arguments, returns=returns)
            for (owner, name, arguments), returns in self.functions.items()
            if owner == schema
        )
        return tuple(sorted(found))

    def observe(self, schema: str, *, place: str) -> WarehouseState:
        return WarehouseState(place=place, schema_exists=schema in self.schemas, routines=self.functions_in(schema))

    def close(self) -> None:
        pass

    def _one(self, statement: Statement) -> None:
        if self._refuse(statement):
            raise WarehouseError("refused", where=statement.subject)
        words = statement.text.split()
        if words[:2] == ["CREATE", "SCHEMA"]:
            self.schemas.add(words[-1].strip('"'))
        elif words[0] == "DROP" and words[1] in {"FUNCTION", "PROCEDURE"}:
            self._drop(statement)
        elif (found := made(statement.text)) is not None:
            self.functions[found.schema, found.name, found.arguments] = found.returns

    def _drop(self, statement: Statement) -> None:
        # As CREATE reads: the two statements name a function in the same way.
        found = made(statement.text.replace("DROP", "CREATE", 1))
        key = None if found is None else (found.schema, found.name, found.arguments)
        if key not in self.functions:
            raise WarehouseError("there is no such function", where=statement.subject)
        del self.functions[key]
