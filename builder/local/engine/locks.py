"""Tables that LOCK has taken, across all sessions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterable

# How often a session that waits looks whether it was cancelled, in seconds.
_LOOK = 0.05


class TableLocks:
    """One holder per table, until it lets go of all that it has."""

    def __init__(self) -> None:
        self._holders: dict[str, int] = {}
        self._waits: dict[int, str] = {}
        self._free = threading.Condition()

    def take(self, holder: int, names: Iterable[str], cancelled: threading.Event) -> None:
        """Waits for each name in turn. Raises SqlError 57014 when cancelled, 40P01 where two wait for one another."""
        with self._free:
            for name in names:
                try:
                    self._wait(holder, name, cancelled)
                finally:
                    self._waits.pop(holder, None)
                self._holders[name] = holder

    def _wait(self, holder: int, name: str, cancelled: threading.Event) -> None:
        while self._holders.get(name, holder) != holder:
            self._waits[holder] = name
            if self._circle(holder):
                raise SqlError("40P01", "deadlock detected")
            if cancelled.is_set():
                raise SqlError("57014", "canceling statement due to user request")
            self._free.wait(_LOOK)

    def _circle(self, holder: int) -> bool:
        """Whether who holds what this one waits for waits, in the end, for this one."""
        name: str | None = self._waits[holder]
        while name is not None:
            other = self._holders.get(name)
            if other == holder:
                return True
            name = self._waits.get(other) if other is not None else None
        return False

    def release(self, holder: int) -> None:
        with self._free:
            self._holders = {name: who for name, who in self._holders.items() if who != holder}
            self._free.notify_all()
