"""Retries for what will pass: IAM tells every Region of a new role within seconds, another transaction ends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Tries again with growing pauses until a deadline. Seconds; `sleep` and `clock` are handed in by tests."""

    deadline: float = 120.0
    first_pause: float = 1.0
    longest_pause: float = 10.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def until(self, call: Callable[[], T], *, transient: Callable[[Exception], bool]) -> T:
        """What `call` gives, once it stops raising what `transient` says will pass. After the deadline, its error."""
        end = self.clock() + self.deadline
        pause = self.first_pause
        while True:
            try:
                return call()
            except Exception as error:
                if not transient(error) or self.clock() + pause > end:
                    raise
            self.sleep(pause)
            pause = min(pause * 2, self.longest_pause)
