"""Failures on order, for the fakes: any one call of a run, in any of the ways in which calls fail."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

from builder.errors import AwsError, BuilderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

# error: refused before it did anything, and for good. throttle: refused, after all the retries that there are.
# time-out: nobody knows whether it was done. killed: the process is no more. The last two before or after the effect.
Kind: TypeAlias = Literal["error", "throttle", "time-out", "killed"]
WAYS: tuple[tuple[Kind, bool], ...] = (
    ("error", False),
    ("throttle", False),
    ("time-out", False),
    ("time-out", True),
    ("killed", False),
    ("killed", True),
)


class CutError(BuilderError):
    """The call that Faults cuts off: refused before it did anything, or done with its answer lost."""


class KilledError(BaseException):
    """The end of the process, as far as one can have it within one: nothing catches it, and no call follows."""


@dataclass
class Faults:
    """Counts the calls of all fakes, from any thread. Call number `at` (from 1) of those that change something fails
    as `kind` says; or the call named `on`, the `turn`th of that name, which may be one that only looks.
    """

    at: int = 0
    on: str = ""
    turn: int = 1
    after: bool = False
    kind: Kind = "error"
    calls: list[str] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    dead: bool = False

    def __post_init__(self) -> None:
        self._lock = Lock()

    def call(self, name: str) -> AbstractContextManager[None]:
        """A call that changes something."""
        return self._counted(name, self.calls)

    def look(self, name: str) -> AbstractContextManager[None]:
        """A call that changes nothing."""
        return self._counted(name, self.looks)

    @property
    def made(self) -> list[tuple[str, int]]:
        """All calls by name and turn: threads change the order of a run, and not what is called how often."""
        return sorted(
            (name, turn) for name, times in Counter(self.calls + self.looks).items() for turn in range(1, times + 1)
        )

    @contextmanager
    def _counted(self, name: str, made: list[str]) -> Iterator[None]:
        with self._lock:
            if self.dead:
                raise KilledError(name)
            made.append(name)
            mine = made.count(name) == self.turn if name == self.on else made is self.calls and len(made) == self.at
            self.dead = mine and self.kind == "killed" and not self.after
        if mine and not self.after:
            raise self._failure(name)
        yield
        if mine:
            self.dead = self.kind == "killed"
            raise self._failure(name)

    def again(self) -> None:
        """A new process, which nothing befalls."""
        self.at, self.on, self.dead = 0, "", False
        self.calls.clear()
        self.looks.clear()

    def _failure(self, name: str) -> BaseException:
        if self.kind == "killed":
            return KilledError(name)
        if self.kind == "throttle":
            return AwsError(f"{name}: TooManyRequestsException: Rate exceeded", hint="run the same command again")
        if self.kind == "time-out":
            return AwsError(f"{name}: no answer within 60 s", hint="run the same command again")
        return CutError(f"the answer of {name} was lost" if self.after else f"{name} was refused")
