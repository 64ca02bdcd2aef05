"""A plan becomes a receipt: independent actions side by side, and the receipt saved after every one of them.

Whatever fails, and wherever: what was done stays done and is on record, and the same command plans the rest. After a
failure or Ctrl-C nothing new is started, and what is under way is waited for, so that the record is true.
"""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.adapters import receipts, releases
from builder.adapters.execute import execute
from builder.adapters.releases import History
from builder.core.deploy import explain, recording, release, schedule
from builder.core.deploy.actions import SqlAction
from builder.errors import BuilderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from builder.adapters.observe import World
    from builder.console import Console
    from builder.core.deploy.actions import Action
    from builder.core.deploy.desired import Desired
    from builder.core.deploy.receipt import Receipt
    from builder.core.deploy.recording import Answer
    from builder.core.deploy.release import Release

# Lambda takes fifteen control-plane calls a second in a Region (Lambda quotas), its waits included.
JOBS = 4
# Seconds. A signal that comes just before the main thread starts to wait does not wake it (CPython looks for signals
# between bytecodes): without a limit, Ctrl-C could go unheard until a step ends.
GLANCE = 0.5


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Where the receipt lies, and the releases beside it; and which place in them this run is about.

    `of` is the release that the run goes back to.
    """

    file: Path
    place: str
    of: int | None = None

    @property
    def history(self) -> History:
        return History(folder=releases.folder(self.file))

    @property
    def last(self) -> str:
        """The name of the place's last release; "" where there is none."""
        numbers = self.history.numbers(self.place)
        return release.name_of(numbers[-1]) if numbers else ""

    def begin(self, start: Receipt, actions: Sequence[Action]) -> Receipt:
        """The receipt, on disk, of a run that may be killed at any time from now on."""
        made = start.with_begun(self.place, self.of) if actions else start
        receipts.save(self.file, made)
        return made

    def record(self, desired: Desired, made: Receipt, *, at: str, keep: int) -> tuple[Receipt, Release | None]:
        """The receipt of a run that has ended, and the release that it has led to: None where it is the last one.

        `at` is when. The release comes first: a run that is killed between the two has not ended.
        """
        content = release.after(self.history.current(self.place), desired, made, self.place)
        kept = self.history.record(self.place, content, made=at, keep=keep, of=self.of)
        ended = made.ended(self.place)
        receipts.save(self.file, ended)
        return ended, kept


def apply(
    actions: Sequence[Action],
    start: Receipt,
    *,
    world: World,
    ledger: Ledger,
    console: Console | None = None,
    jobs: int = JOBS,
) -> Receipt:
    """Carries the plan out, at most `jobs` actions at a time, and gives the receipt.

    `start` is the receipt that the plan was made from. Raises what the adapters raise (AwsError, WarehouseError,
    SettingsError), with the problems of all actions that failed. What was done until then is on record.
    """
    course = _Course(actions=actions, made=ledger.begin(start, actions), ledger=ledger, console=console)
    with _bar(console, len(actions)) as show, ThreadPoolExecutor(jobs, thread_name_prefix="apply") as pool:
        try:
            while course.start(jobs, lambda action: pool.submit(_timed, action, world)):
                show(len(course.done), course.under_way)
                course.collect(wait(course.running, timeout=GLANCE, return_when=FIRST_COMPLETED).done)
        except (Exception, KeyboardInterrupt) as error:
            course.stop(error)
            raise
    return course.made


@contextmanager
def _bar(console: Console | None, total: int) -> Iterator[Callable[[int, str], None]]:
    """A progress bar on a terminal, with what is under way; elsewhere nothing: the lines of what has ended must do."""
    if console is None or not total or not console.err.is_terminal:
        yield _nothing
        return
    from rich import progress as parts  # noqa: PLC0415  only on a terminal

    columns = (
        parts.MofNCompleteColumn(),
        parts.BarColumn(),
        parts.TimeElapsedColumn(),
        parts.TextColumn("{task.description}", markup=False),
    )
    with parts.Progress(*columns, console=console.err, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda done, under_way: progress.update(task, completed=done, description=under_way)


def _nothing(_done: int, _under_way: str) -> None:
    """No terminal, no bar."""


def _timed(action: Action, world: World) -> tuple[Answer, float]:
    begun = time.monotonic()
    return execute(action, world), time.monotonic() - begun


@dataclass(kw_only=True)
class _Course:
    """How far a plan has come. One thread alone changes it and writes the receipt: that which called `apply`."""

    actions: Sequence[Action]
    made: Receipt
    ledger: Ledger
    console: Console | None
    done: set[int] = field(default_factory=set)
    running: dict[Future[tuple[Answer, float]], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.needs = schedule.needs(self.actions)
        self.waiting = list(range(len(self.actions)))
        self.last = self.ledger.last

    @property
    def under_way(self) -> str:
        return ", ".join(explain.title(self.actions[number]) for number in sorted(self.running.values()))

    def start(self, jobs: int, submit: Callable[[Action], Future[tuple[Answer, float]]]) -> bool:
        """Starts what nothing stands before. Whether anything is under way.

        SQL comes first: it goes one by one, so that a transaction that waits for a free thread makes the whole longer.
        """
        for number in sorted(self.waiting, key=lambda each: (not isinstance(self.actions[each], SqlAction), each)):
            if len(self.running) >= jobs:
                break
            if self.needs[number] <= self.done:
                self._keep(recording.before(self.made, self.actions[number], self.ledger.place))
                self.waiting.remove(number)
                self.running[submit(self.actions[number])] = number
        return bool(self.running)

    def collect(self, ended: Iterable[Future[tuple[Answer, float]]]) -> None:
        """Records what has been done. Raises the errors of what failed, as one."""
        failures = []
        for number, future in sorted((self.running.pop(future), future) for future in ended):
            error = future.exception()
            if error is None:
                self._done(number, *future.result())
            else:
                failures.append(error)
        if failures:
            raise _joined(failures)

    def stop(self, reason: BaseException) -> None:
        """Waits for what is under way and records it; says how far the plan has come."""
        if self.running and self.console:
            self.console.line(f"stopping; still under way: {self.under_way}")
        try:
            self.collect(wait(self.running).done)
        except BuilderError as error:
            # The first failure is the one that is raised; this one is told and not lost.
            if self.console:
                self.console.error(error)
        if self.console and isinstance(reason, (BuilderError, KeyboardInterrupt)):
            done = f"{len(self.done)} of {len(self.actions)} steps are done and on record"
            back = f"; `builder rollback --to {self.last}` returns to the last whole release" if self.last else ""
            self.console.line(f"stopped: {done}; the same command goes on from here{back}")

    def _done(self, number: int, answer: Answer, seconds: float) -> None:
        action = self.actions[number]
        self.done.add(number)
        self._keep(recording.after(self.made, action, self.ledger.place, answer))
        if self.console:
            count = f"[{len(self.done)}/{len(self.actions)}]"
            self.console.line(f"{count} {explain.sign(action)} {explain.title(action):<60} {seconds:7.2f} s")

    def _keep(self, new: Receipt) -> None:
        if new != self.made:
            receipts.save(self.ledger.file, new)
            self.made = new


def _joined(failures: Sequence[BaseException]) -> BaseException:
    """Problems of several actions as one error of the first one's class; what is no error of ours comes first."""
    ours = [error for error in failures if isinstance(error, BuilderError)]
    if len(ours) < len(failures) or len(ours) == 1:
        return next((error for error in failures if not isinstance(error, BuilderError)), failures[0])
    return type(ours[0])(problems=[problem for error in ours for problem in error.problems])
