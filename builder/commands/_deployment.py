"""What plan, deploy, remove and status share: the selection, the doors to the world, and one look at it."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from builder.core.catalog.selection import selection
from builder.core.deploy import explain, plan_file
from builder.core.deploy import plan as deploy_plan
from builder.core.deploy.desired import Scope
from builder.core.deploy.receipt import place_of
from builder.core.images import lock as images
from builder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from builder.adapters.observe import World
    from builder.app import App
    from builder.console import Console
    from builder.core.catalog.selection import Selection
    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action
    from builder.core.deploy.observed import Observed
    from builder.core.deploy.plan_file import PlanFile
    from builder.core.deploy.receipt import Receipt
    from builder.model import Image

jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 16), default=4, show_default=True, help="How many steps at the same time, at most."
)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A selection, and the world as it was when the command looked."""

    scopes: tuple[Scope, ...]
    lock: Mapping[str, Image]
    settings: Settings
    world: World
    observed: Observed
    file: Path

    def as_file(self, actions: Sequence[Action]) -> PlanFile:
        """What `--out` writes and `--plan` is held against."""
        return plan_file.of(actions, self.scopes, self.settings, self.observed.identity)

    def plan(self) -> tuple[Action, ...]:
        return deploy_plan.plan(self.scopes, self.lock, self.settings, self.observed)

    def plan_removal(self) -> tuple[Action, ...]:
        return deploy_plan.plan_removal(self.scopes, self.settings, self.observed)

    def remarks(self, *, removal: bool = False) -> tuple[str, ...]:
        return deploy_plan.remarks(self.scopes, self.settings, self.observed, removal=removal)

    def apply(self, actions: Sequence[Action], console: Console, jobs: int) -> Receipt:
        from builder.apply import Ledger, apply  # noqa: PLC0415  with the adapters: only when something is to be done

        ledger = Ledger(file=self.file, place=place_of(self.settings))
        return apply(actions, self.observed.receipt, world=self.world, ledger=ledger, console=console, jobs=jobs)


@contextmanager
def look(app: App, modules: str, functions: str, *, removal: bool = False, locked: str = "") -> Iterator[Deployment]:
    """Opens the doors, looks once, and closes them. Raises what is wrong with catalogue, settings and credentials.

    `locked` names the command that is going to change something: none other looks or changes until it has ended.
    """
    with look_at(app, selection(app.catalog, modules, functions), removal=removal, locked=locked) as deployment:
        yield deployment


@contextmanager
def look_at(app: App, chosen: Selection, *, removal: bool = False, locked: str = "") -> Iterator[Deployment]:
    """The same, for functions that are chosen already."""
    # The catalogue was first: what is wrong there needs neither boto3, which is slow to load, nor an account.
    settings = app.settings
    lock = images.read(app.state)
    scopes = tuple(
        Scope(module=module, names=tuple(each.name for each in chosen.functions if each.module == module.name))
        for module in chosen.modules
    )
    from builder.adapters import locks, receipts  # noqa: PLC0415  see above
    from builder.adapters.observe import Question, observe  # noqa: PLC0415  see above
    from builder.adapters.world import open_world  # noqa: PLC0415  see above

    with open_world(settings) as (world, identity):
        held = locks.path(app.state, identity, settings.lambda_prefix)
        # Before the receipt is read: two runs that start from the same one would each write what the other did not do.
        with locks.hold(held, locked) if locked else nullcontext():
            file = receipts.path(app.state, identity, settings.lambda_prefix)
            receipt = receipts.load(file, identity, settings.lambda_prefix)
            question = Question(scopes=scopes, lock=lock, settings=settings, removal=removal)
            observed = observe(world, question, identity, receipt)
            yield Deployment(scopes=scopes, lock=lock, settings=settings, world=world, observed=observed, file=file)


def show(console: Console, actions: Sequence[Action], remarks: Sequence[str]) -> None:
    """The plan that is going to be carried out, to standard output; a program gets it at the end, as one value."""
    for remark in remarks:
        console.notice(remark)
    if console.format == "table":
        console.text(explain.text(actions))


def carry_out(app: App, deployment: Deployment, actions: Sequence[Action], jobs: int) -> None:
    """Applies the plan and reports what stands then."""
    made = deployment.apply(actions, app.console, jobs)
    if app.console.format == "json":
        app.console.json({"plan": explain.data(actions), "receipt": made.model_dump(mode="json")})
    elif actions:
        app.console.text(f"\n{explain.receipt(made)}" if not made.empty else "\nnothing of ours is left")


def confirm(question: str, *, yes: bool) -> None:
    """Asks before anything is taken away. Raises UsageError where nobody can be asked, click.Abort on a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "the plan takes something away, and there is nobody to ask",
            hint="look at it with --dry-run, then add --yes",
        )
    click.confirm(question, abort=True, err=True)
