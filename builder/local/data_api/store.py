"""The statements that the Data API remembers: for a day, and their results within a bound of the disk."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.local.data_api.model import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from builder.local.data_api.statements import Part, Statement

# Redshift management guide, "Considerations when calling the Amazon Redshift Data API". It once said 200 active
# statements; the service's own message says 500.
ACTIVE = 500
RETENTION = 24 * 3600.0
TOKEN_RETENTION = 8 * 3600.0
# Ours: a local disk is not a warehouse's, nor is its memory. The oldest results and statements go first.
TOTAL_BYTES = 2 * 1000 * 1000 * 1000
STATEMENTS = 10_000
TEXT_BYTES = 100 * 1000 * 1000


@dataclass(frozen=True, kw_only=True)
class Told:
    """A client token's first use: the operation, what was asked, the statement that came of it."""

    operation: str
    request: str
    statement: str
    until: float


@dataclass(kw_only=True)
class Store:
    """Statements by id, in the order of their making."""

    clock: Callable[[], float]
    total: int = TOTAL_BYTES
    statements: dict[str, Statement] = field(default_factory=dict)
    tokens: dict[str, Told] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.pids = itertools.count(1 << 30)
        self.active: dict[str, Statement] = {}
        self.text = 0

    def seen(self, token: str, operation: str, request: str) -> Statement | None:
        """The statement of an earlier call with this token. Raises ApiError where that call asked for another thing."""
        told = self.tokens.get(token)
        if told is None or told.until <= self.clock() or told.statement not in self.statements:
            return None
        if (told.operation, told.request) != (operation, request):
            raise invalid("The client token was used with other parameters before.")
        return self.statements[told.statement]

    def check_room(self) -> None:
        """Raises ActiveStatementsExceededException."""
        self._forget(self.clock())
        self.active = {key: each for key, each in self.active.items() if not each.done}
        if len(self.active) >= ACTIVE:
            text = f"Active statements exceeded the allowed quota ({ACTIVE})."
            raise ApiError("ActiveStatementsExceededException", text)

    def add(self, statement: Statement, token: str, operation: str, request: str) -> None:
        """Behind `check_room`, under the same lock."""
        self.statements[statement.id] = self.active[statement.id] = statement
        self.text += statement.bytes
        if token:
            until = self.clock() + TOKEN_RETENTION
            self.tokens[token] = Told(operation=operation, request=request, statement=statement.id, until=until)

    def find(self, key: str) -> tuple[Statement, Part | None]:
        """By `id` or `id:n`; no part for a whole batch. Raises ResourceNotFoundException."""
        with self.lock:
            self._forget(self.clock())
            name, _, suffix = key.partition(":")
            statement = self.statements.get(name)
            part = statement.part(suffix) if statement is not None else None
        if statement is None or (suffix and part is None):
            raise ApiError("ResourceNotFoundException", "Query does not exist.", ResourceId=key)
        return statement, part

    def trim(self) -> None:
        """Lets the oldest results go while all of them are more than the disk is to hold."""
        with self.lock:
            kept = [part for each in self.statements.values() if each.done for part in each.parts if part.kept]
            left = sum(part.kept.written for part in kept if part.kept)
            for part in kept:
                if left <= self.total:
                    return
                if part.kept is not None:
                    left -= part.kept.written
                    part.kept.close()
                    part.kept = None

    def _forget(self, now: float) -> None:
        """Both are in the order of their making, so the first that stays ends the search."""
        for token in list(itertools.takewhile(lambda each: self.tokens[each].until <= now, self.tokens)):
            del self.tokens[token]
        gone = []
        left, text = len(self.statements), self.text
        for statement in self.statements.values():
            over = left > STATEMENTS or text > TEXT_BYTES
            if statement.done and (over or statement.updated + RETENTION <= now):
                gone.append(statement)
                left, text = left - 1, text - statement.bytes
            elif statement.done:
                break
        for statement in gone:
            del self.statements[statement.id]
            statement.close()
        self.text = text

    def close(self) -> None:
        with self.lock:
            for statement in self.statements.values():
                statement.close()

    def matching(self, given: Mapping[str, object]) -> list[Statement]:
        """For ListStatements: the newest first, finished ones unless another status is asked for."""
        status = given.get("Status") or "FINISHED"
        with self.lock:
            self._forget(self.clock())
            found = list(self.statements.values())
        return [
            each
            for each in reversed(found)
            if status in {"ALL", each.status}
            and each.name.startswith(str(given.get("StatementName") or ""))
            and given.get("Database") in {None, "", each.access.database}
            and given.get("ClusterIdentifier") in {None, "", each.access.cluster}
            and given.get("WorkgroupName") in {None, "", each.access.workgroup}
        ]
