"""A way to call functions without anything behind it, for tests of what runs cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.errors import InvokeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.model import Function


@dataclass
class FakeWay:
    """Answers each row by `answer`; a ValueError of it fails the batch, as a handler's would. Keeps every batch."""

    answer: Callable[..., Any]
    title: str = "fake"
    lambdas_only: bool = True
    batches: list[list[list[Any]]] = field(default_factory=list)
    closed: bool = False

    def answers(self, function: Function) -> bool:
        return function.kind == "lambda" or not self.lambdas_only

    def call(self, function: Function, rows: Sequence[Sequence[Any]]) -> list[Any]:
        self.batches.append([list(row) for row in rows])
        return [self._one(function, number, row) for number, row in enumerate(rows)]

    def close(self) -> None:
        self.closed = True

    def _one(self, function: Function, number: int, row: Sequence[Any]) -> Any:
        try:
            return self.answer(*row)
        except ValueError as error:
            raise InvokeError(f"Error processing row {number}: {error}", where=function.name) from error
