"""Sessions that outlive a statement: SessionKeepAliveSeconds opens one, SessionId goes on in it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.local.data_api.model import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from builder.local.data_api.access import Access
    from builder.local.engine.backend import Session

# Redshift management guide, "Considerations when calling the Amazon Redshift Data API".
SESSIONS = 500
LONGEST = 24 * 3600.0
AVAILABLE, BUSY, CLOSED = "AVAILABLE", "BUSY", "CLOSED"


@dataclass(kw_only=True)
class Held:
    """One session. `session` is None until its first statement has connected, and again once it is closed."""

    id: str
    access: Access
    created: float
    updated: float
    alive: int
    expires: float
    statement: str = ""
    session: Session | None = None
    status: str = BUSY

    def described(self) -> dict[str, Any]:
        """One entry of ListSessions."""
        shown = {name: value for name, value in self.access.shown().items() if name != "SecretArn"}
        running = {"CurrentStatementId": self.statement} if self.status == BUSY else {}
        return {
            "SessionId": self.id,
            "Status": self.status,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "SessionAliveSeconds": self.alive,
            "SessionTtl": self.expires,
            **shown,
            **running,
        }


@dataclass(kw_only=True)
class Sessions:
    """All that are open, and for a day those that were."""

    clock: Callable[[], float]
    held: dict[str, Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def open(self, key: str, access: Access, alive: int, statement: str) -> Held:
        """Raises ActiveSessionsExceededException."""
        now = self.clock()
        with self.lock:
            self._expire(now)
            if sum(each.status != CLOSED for each in self.held.values()) >= SESSIONS:
                text = f"Active sessions exceeded the allowed quota ({SESSIONS})."
                raise ApiError("ActiveSessionsExceededException", text)
            made = Held(
                id=key, access=access, created=now, updated=now, alive=alive, expires=now + LONGEST, statement=statement
            )
            self.held[key] = made
            return made

    def take(self, key: str, alive: int | None, statement: str) -> Held:
        """The session for its next statement; one at a time. Raises ApiError where it is not to be had."""
        now = self.clock()
        with self.lock:
            self._expire(now)
            held = self.held.get(key)
            if held is None or held.status == CLOSED:
                raise invalid("Session is not available.")
            if held.status == BUSY:
                raise invalid(f"Session is not available. Statement {held.statement} is running in it.")
            held.status, held.statement, held.updated = BUSY, statement, now
            held.alive = held.alive if alive is None else alive
            return held

    def release(self, held: Held) -> None:
        """After a statement: open for `alive` seconds more, and never beyond a day."""
        now = self.clock()
        with self.lock:
            held.updated, held.statement = now, ""
            held.expires = min(now + held.alive, held.created + LONGEST)
            held.status = AVAILABLE if held.session is not None else CLOSED
            self._expire(now)

    def _expire(self, now: float) -> None:
        for held in self.held.values():
            if held.status == AVAILABLE and now >= held.expires:
                self._close(held, now)
        gone = [key for key, held in self.held.items() if held.status == CLOSED and now >= held.updated + LONGEST]
        for key in gone:
            del self.held[key]

    def _close(self, held: Held, now: float) -> None:
        session, held.session = held.session, None
        held.status, held.updated = CLOSED, now
        if session is not None:
            session.close()

    def listed(self) -> Iterator[Held]:
        """The newest first."""
        with self.lock:
            self._expire(self.clock())
            yield from sorted(self.held.values(), key=lambda each: each.created, reverse=True)

    def close(self) -> None:
        """All that wait for a statement. Those at work are closed by the end of the process."""
        with self.lock:
            for held in self.held.values():
                if held.status == AVAILABLE:
                    self._close(held, self.clock())
