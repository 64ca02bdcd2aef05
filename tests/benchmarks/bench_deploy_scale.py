"""A catalogue of 60 modules and 2,000 functions, over the adapters' fakes with the latencies of a real account.

plan/60x2000     seconds to look at the world and to plan a first deploy. Reference: the 3 s that it may take.
deploy/calls     calls of a first deploy, reading ones included. Reference: 60 modules of one function each. A ratio
                 of 1 says that calls grow with modules and not with functions.
deploy/noop      calls that change something in a second deploy. Reference: those of the first. It must be 0.
deploy/parallel  seconds to carry the plan out with four steps at a time. Reference: one at a time.
"""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.adapters.fake_registry import IDENTITY
from builder.adapters.fakes import FakeCloud
from builder.adapters.observe import Question, World, observe
from builder.apply import Ledger, apply
from builder.core.deploy import plan as deploy_plan
from builder.core.deploy.receipt import Receipt, place_of
from builder.model import Module
from tests.benchmarks.row import Row
from tests.unit.deploy.cloud import WITH_REDSHIFT, Site, a_function, lock, scopes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from builder.core.deploy.actions import Action
    from builder.core.deploy.observed import Observed

MODULES, FUNCTIONS, LIMIT = 60, 2000, 3.0
# Seconds. A call from within the Region answers in tens of milliseconds. A new Lambda function is active after some
# seconds, a transaction of 33 functions takes about one: here a tenth of both, so that the row is soon measured.
READ, WRITE, CREATE, TRANSACTION = 0.03, 0.06, 0.3, 0.1
LATENCY = {"create": CREATE, "run_image": CREATE, "configure": CREATE, "run": TRANSACTION}
READS = {"get", "names", "holds", "observe", "definitions_in", "built", "retention"}
TYPES = (("BIGINT",), ("VARCHAR(MAX)", "INTEGER"), ("GEOMETRY", "INTEGER"))


@dataclass
class Distant:
    """A fake at the other end of a wire: each call takes its time, and is counted."""

    door: Any
    calls: list[str]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.door, name)

        def call(*arguments: Any, **named: Any) -> Any:
            with self.lock:
                self.calls.append(name)
            time.sleep(READ if name in READS else LATENCY.get(name, WRITE))
            return method(*arguments, **named)

        return call


@dataclass
class Account:
    """A site whose every door is distant."""

    site: Site
    modules: Sequence[Module]
    calls: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        near = self.site.cloud.world
        doors = {name: Distant(door, self.calls) for name, door in vars(near).items()}
        return World(**doors)

    def plan(self) -> tuple[tuple[Action, ...], Observed]:
        chosen = scopes(modules=self.modules)
        settings = self.site.settings
        question = Question(scopes=chosen, lock=self.site.images, settings=settings)
        observed = observe(self.world, question, IDENTITY, self.site.receipt)
        return deploy_plan.plan(chosen, self.site.images, settings, observed), observed

    def deploy(self, jobs: int) -> tuple[float, Receipt]:
        actions, observed = self.plan()
        ledger = Ledger(file=self.site.file, place=place_of(self.site.settings))
        start = time.perf_counter()
        made = apply(actions, observed.receipt, world=self.world, ledger=ledger, jobs=jobs)
        return time.perf_counter() - start, made


def account(folder: Path, functions: int) -> Account:
    share = [range(n, functions, MODULES) for n in range(MODULES)]
    modules = tuple(
        Module(
            name=f"m{n:02}",
            functions=tuple(a_function(f"m{n:02}_f{each}", f"m{n:02}", TYPES[each % len(TYPES)]) for each in mine),
        )
        for n, mine in enumerate(share)
    )
    settings = replace(WITH_REDSHIFT, lambda_prefix="bench-")
    site = Site(folder, cloud=FakeCloud(), settings=settings, images=lock(modules=modules, prefix="bench-"))
    site.push()
    return Account(site=site, modules=modules)


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Four rows."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _rows(wanted, Path(folder))


def _rows(wanted: Callable[[str], bool], folder: Path) -> Iterator[Row]:
    if wanted("plan/60x2000"):
        fresh = account(folder / "plan", FUNCTIONS)
        seconds = min(_seconds(fresh.plan) for _ in range(3))
        yield Row(name="plan/60x2000", ours=seconds, reference=LIMIT, ratio=seconds / LIMIT, unit="s")
    if wanted("deploy/calls"):
        many, few = (account(folder / f"calls-{size}", size) for size in (FUNCTIONS, MODULES))
        ours, reference = (_calls(each) for each in (many, few))
        yield Row(name="deploy/calls", ours=ours, reference=reference, ratio=ours / reference, unit="calls")
    if wanted("deploy/noop"):
        again = account(folder / "noop", FUNCTIONS)
        first, second = (_changes(again) for _ in range(2))
        yield Row(name="deploy/noop", ours=second, reference=first, ratio=second / first, unit="calls")
    if wanted("deploy/parallel"):
        side_by_side, _ = account(folder / "four", FUNCTIONS).deploy(4)
        in_turn, _ = account(folder / "one", FUNCTIONS).deploy(1)
        ratio = side_by_side / in_turn
        yield Row(name="deploy/parallel", ours=side_by_side, reference=in_turn, ratio=ratio, unit="s")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _calls(each: Account) -> float:
    each.deploy(4)
    return float(len(each.calls))


def _changes(each: Account) -> float:
    each.calls.clear()
    each.deploy(16)
    return float(sum(call not in READS for call in each.calls))
