"""Warm containers of Lambda functions: one call at a time in each, as many as there are calls under way.

What Lambda calls an execution environment. One that has been idle for some minutes is removed, as Lambda does; one of
a function whose code or configuration has changed is never used again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from builder.errors import BuilderError
from builder.local.calls.invoker import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)
# Lambda keeps an environment for some minutes and promises nothing; ministack says five (WARM_CONTAINER_TTL).
IDLE_SECONDS = 300.0
SWEEP_SECONDS = 30.0


class Sandbox(Protocol):
    """A running container of a function."""

    def invoke(self, event: bytes) -> bytes:
        """The reply to a payload. Raises InvokeError where the container does not answer."""

    def close(self) -> None:
        """Removes the container."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a function's containers are made of: another value, other containers. `reserved` None: no limit of its own.

    `version` changes with every change of the function, also with those that nothing else here shows.
    """

    arn: str
    version: str
    image: str
    memory_mb: int
    timeout_seconds: int
    reserved: int | None = None
    environment: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_dir: str = ""


@dataclass(frozen=True)
class _Idle:
    sandbox: Sandbox
    since: float


@dataclass(kw_only=True)
class Sandboxes:
    """`start` makes a container and waits until it listens."""

    start: Callable[[Target], Sandbox]
    clock: Callable[[], float] = time.monotonic
    idle_seconds: float = IDLE_SECONDS
    idle: dict[Target, list[_Idle]] = field(default_factory=dict)
    busy: Counter[str] = field(default_factory=Counter)
    closed: bool = False

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.sweeper: threading.Thread | None = None

    @contextmanager
    def lent(self, target: Target) -> Iterator[Sandbox]:
        """A container of nobody else for one call; an error in the block is its end.

        Raises Throttled beyond the function's reserved concurrency, EngineError where none can be started.
        """
        self._enter(target)
        try:
            sandbox = self._taken(target) or self.start(target)
            try:
                yield sandbox
            except BaseException:
                self._remove([sandbox])
                raise
            self._put(target, sandbox)
        finally:
            with self.lock:
                self.busy[target.arn] -= 1

    def _enter(self, target: Target) -> None:
        with self.lock:
            if target.reserved is not None and self.busy[target.arn] >= target.reserved:
                # Lambda's word for it: TooManyRequestsException with this reason.
                raise Throttled("TooManyRequestsException: ReservedFunctionConcurrentInvocationLimitExceeded")
            self.busy[target.arn] += 1
            if self.sweeper is None:
                self.sweeper = threading.Thread(target=self._sweep, name="sandboxes", daemon=True)
                self.sweeper.start()

    def _taken(self, target: Target) -> Sandbox | None:
        """A warm container, the last used first; those of the function as it was before are removed."""
        with self.lock:
            found = self.idle.get(target)
            sandbox = found.pop().sandbox if found else None
            stale = [key for key in self.idle if key.arn == target.arn and key != target]
            gone = [each.sandbox for key in stale for each in self.idle.pop(key)]
        self._remove(gone)
        return sandbox

    def _put(self, target: Target, sandbox: Sandbox) -> None:
        with self.lock:
            if not self.closed:
                self.idle.setdefault(target, []).append(_Idle(sandbox, self.clock()))
                return
        self._remove([sandbox])

    def sweep(self) -> None:
        """Removes what has been idle for too long."""
        oldest = self.clock() - self.idle_seconds
        with self.lock:
            gone = [each.sandbox for kept in self.idle.values() for each in kept if each.since <= oldest]
            self.idle = {
                target: left for target, kept in self.idle.items() if (left := [e for e in kept if e.since > oldest])
            }
        self._remove(gone)

    def _sweep(self) -> None:
        while not self.ended.wait(SWEEP_SECONDS):
            self.sweep()

    def close(self) -> None:
        """Removes all that are idle now, and each of the others once its call has ended."""
        self.ended.set()
        with self.lock:
            self.closed = True
            gone = [each.sandbox for kept in self.idle.values() for each in kept]
            self.idle.clear()
        self._remove(gone)

    @staticmethod
    def _remove(sandboxes: list[Sandbox]) -> None:
        for sandbox in sandboxes:
            try:
                sandbox.close()
            except (BuilderError, OSError) as error:  # noqa: PERF203 - the others have to go all the same
                log.warning("a container was not removed: %s", error)
