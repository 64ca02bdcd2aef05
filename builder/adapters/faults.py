"""Failures on order, for the fakes: any one call of a run, before or after its effect."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.errors import BuilderError

if TYPE_CHECKING:
    from collections.abc import Iterator


class CutError(BuilderError):
    """The call that Faults cuts off: refused before it did anything, or done with its answer lost."""


@dataclass
class Faults:
    """Counts the mutating calls of all fakes. Call number `at` (from 1) fails, before or after its effect."""

    at: int = 0
    after: bool = False
    calls: list[str] = field(default_factory=list)

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        self.calls.append(name)
        mine = len(self.calls) == self.at
        if mine and not self.after:
            raise CutError(f"{name} was refused")
        yield
        if mine:
            raise CutError(f"the answer of {name} was lost")
