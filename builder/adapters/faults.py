"""Failures on order, for the fakes: any one call of a run, in any of the ways in which calls fail."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

from builder.errors import AwsError, BuilderError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """Counts the mutating calls of all fakes, from any thread. Call number `at` (from 1) fails as `kind` says."""

    at: int = 0
    after: bool = False
    kind: Kind = "error"
    calls: list[str] = field(default_factory=list)
    dead: bool = False

    def __post_init__(self) -> None:
        self._lock = Lock()

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        with self._lock:
            if self.dead:
                raise KilledError(name)
            self.calls.append(name)
            mine = len(self.calls) == self.at
            self.dead = mine and self.kind == "killed" and not self.after
        if mine and not self.after:
            raise self._failure(name)
        yield
        if mine:
            self.dead = self.kind == "killed"
            raise self._failure(name)

    def again(self) -> None:
        """A new process, which nothing befalls."""
        self.at, self.dead = 0, False
        self.calls.clear()

    def _failure(self, name: str) -> BaseException:
        if self.kind == "killed":
            return KilledError(name)
        if self.kind == "throttle":
            return AwsError(f"{name}: TooManyRequestsException: Rate exceeded", hint="run the same command again")
        if self.kind == "time-out":
            return AwsError(f"{name}: no answer within 60 s", hint="run the same command again")
        return CutError(f"the answer of {name} was lost" if self.after else f"{name} was refused")
