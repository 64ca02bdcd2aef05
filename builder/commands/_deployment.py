"""What plan, deploy, remove and status share: the selection, the doors to the world, and one look at it."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import click

from builder.commands._building import older
from builder.core.catalog.selection import NOTHING_GONE, selection
from builder.core.deploy import explain, orphans, plan_file
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
    from builder.core.catalog.selection import Gone, Selection
    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action
    from builder.core.deploy.desired import Desired
    from builder.core.deploy.observed import Identity, Observed
    from builder.core.deploy.plan_file import PlanFile
    from builder.core.deploy.receipt import Receipt
    from builder.core.deploy.release import Release
    from builder.errors import Problem
    from builder.model import Image, Module

replaced_option = click.option(
    "--remove-replaced", is_flag=True, help="Remove the zip Lambdas, and our own, that these have taken over from."
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 16), default=4, show_default=True, help="How many steps at the same time, at most."
)


prune_option = click.option("--prune", is_flag=True, help="Take away what is ours and no longer in the catalogue.")


def refuse_part(modules: str, functions: str, diff: str | None) -> None:
    """Raises UsageError: orphans are what no module has, and a selection says nothing of those."""
    if modules or functions or diff is not None:
        hint = "leave --modules, --functions and --diff out"
        raise UsageError("is about the whole catalogue", where="--prune", hint=hint)


@dataclass(frozen=True, kw_only=True)
class Doors:
    """The way to the world, and the receipt of what was done there before, with the file that it is in."""

    settings: Settings
    world: World
    identity: Identity
    receipt: Receipt
    file: Path


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a command is going to do: the plan, the receipt that it starts from, and what stands when it is done.

    `of` is the release that it goes back to.
    """

    actions: tuple[Action, ...]
    start: Receipt
    desired: Desired
    of: int | None = None


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A selection, and the world as it was when the command looked."""

    scopes: tuple[Scope, ...]
    lock: Mapping[str, Image]
    settings: Settings
    doors: Doors
    observed: Observed
    catalog: tuple[Module, ...] = ()
    gone: Gone = NOTHING_GONE
    prune: bool = False
    replaced: bool = False
    older: tuple[Problem, ...] = ()

    def as_file(self, actions: Sequence[Action]) -> PlanFile:
        """What `--out` writes and `--plan` is held against."""
        return plan_file.of(
            actions,
            self.scopes,
            self.settings,
            self.observed.identity,
            gone=self.gone,
            prune=self.prune,
            remove_replaced=self.replaced,
        )

    @cached_property
    def desired(self) -> Desired:
        return deploy_plan.wanted(self.scopes, self.lock, self.settings, self.observed)

    def plan(self, *, replacing: bool = True) -> tuple[Action, ...]:
        """What deploy does. What --diff has found to be gone goes; with --prune, all that the catalogue has no longer.

        Where the look was also at what has been replaced, that goes, unless `replacing` is false.
        """
        actions = deploy_plan.towards(self.desired, self.scopes, self.settings, self.observed, replacing=replacing)
        if not self.prune and not self.gone:
            return actions
        only = None if self.prune else self.gone
        return (*actions, *orphans.prune(self.catalog, self.settings, self.observed, only))

    def plan_removal(self) -> tuple[Action, ...]:
        return deploy_plan.plan_removal(self.scopes, self.settings, self.observed)

    def remarks(self, *, removal: bool = False) -> tuple[str, ...]:
        said = deploy_plan.remarks(self.scopes, self.settings, self.observed, removal=removal)
        if not removal and not self.prune and not self.gone:
            said = (*said, *orphans.remarks([scope.module for scope in self.scopes], self.settings, self.observed))
        return (*map(str, self.older), *said)


@contextmanager
def look(
    app: App, modules: str, functions: str, *, removal: bool = False, replaced: bool = False, locked: str = ""
) -> Iterator[Deployment]:
    """Opens the doors, looks once, and closes them. Raises what is wrong with catalogue, settings and credentials.

    `locked` names the command that is going to change something: none other looks or changes until it has ended.
    """
    chosen = selection(app.catalog, modules, functions)
    with look_at(app, chosen, removal=removal, replaced=replaced, locked=locked) as deployment:
        yield deployment


@contextmanager
def look_at(
    app: App,
    chosen: Selection,
    *,
    removal: bool = False,
    replaced: bool = False,
    locked: str = "",
    strangers: bool = False,
    prune: bool = False,
) -> Iterator[Deployment]:
    """The same, for functions that are chosen already.

    `strangers`: looks also for what the catalogue no longer has, as it does where any of that is to go.
    """
    strangers = strangers or prune or bool(chosen.gone)
    # The catalogue was first: what is wrong there needs neither boto3, which is slow to load, nor an account.
    lock = images.read(app.state)
    with open_doors(app, locked) as doors:
        suffixes = _suffixes(app, doors) if removal or strangers else ()
        every = selection(app.catalog, "", "").modules if strangers else None
        scopes = scopes_of(chosen)
        found = deployment(doors, scopes, lock, removal=removal, replaced=replaced, suffixes=suffixes, catalog=every)
        old = () if removal else older(app, chosen.modules, lock)
        yield replace(found, gone=chosen.gone, prune=prune, replaced=replaced, older=old)


def scopes_of(chosen: Selection) -> tuple[Scope, ...]:
    """The selection, module by module."""
    return tuple(
        Scope(module=module, names=tuple(each.name for each in chosen.functions if each.module == module.name))
        for module in chosen.modules
    )


def deployment(
    doors: Doors,
    scopes: tuple[Scope, ...],
    lock: Mapping[str, Image],
    *,
    removal: bool = False,
    replaced: bool = False,
    suffixes: tuple[str, ...] = (),
    catalog: tuple[Module, ...] | None = None,
) -> Deployment:
    """One look at the world; with the whole catalogue, also at what is not in it."""
    from builder.adapters.observe import Question, observe  # noqa: PLC0415  boto3 is slow to load: see open_doors

    question = Question(
        scopes=scopes,
        lock=lock,
        settings=doors.settings,
        removal=removal,
        replaced=replaced,
        suffixes=suffixes,
        # A second set is there for comparison, and goes whole: nobody looks for the Lambdas that it has left behind.
        catalog=None if doors.settings.suffix else catalog,
    )
    observed = observe(doors.world, question, doors.identity, doors.receipt)
    return Deployment(
        scopes=scopes, lock=lock, settings=doors.settings, doors=doors, observed=observed, catalog=catalog or ()
    )


@contextmanager
def open_doors(app: App, locked: str) -> Iterator[Doors]:
    """The doors, and the receipt. `locked`: see look."""
    from builder.adapters import locks  # noqa: PLC0415  boto3 is slow to load: when AWS is to be asked
    from builder.adapters.world import open_world  # noqa: PLC0415  see above
    from builder.push import pusher  # noqa: PLC0415  see above

    with open_world(app.settings, app.aws) as (world, identity), ExitStack() as held:
        if locked:
            # Before the receipt is read: two runs that start from the same one would each write what the other did not.
            held.enter_context(locks.hold(locks.path(app.state, identity, app.settings.lambda_prefix), locked))
        here = pusher(app.settings, identity, world.repositories, state=app.state, build=app.build)
        yield doors_of(app, app.settings, replace(world, images=here), identity)


def doors_of(app: App, settings: Settings, world: World, identity: Identity) -> Doors:
    """The same doors, with the receipt of the set that the settings are about."""
    from builder.adapters import receipts  # noqa: PLC0415  see above

    names = identity, settings.lambda_prefix, settings.suffix
    file = receipts.path(app.state, *names)
    return Doors(settings=settings, world=world, identity=identity, receipt=receipts.load(file, *names), file=file)


def _suffixes(app: App, doors: Doors) -> tuple[str, ...]:
    from builder.adapters import receipts  # noqa: PLC0415  see above

    return receipts.suffixes(app.state, doors.identity, doors.settings.lambda_prefix)


def show(console: Console, actions: Sequence[Action], remarks: Sequence[str]) -> None:
    """The plan that is going to be carried out, to standard output; a program gets it at the end, as one value."""
    for remark in remarks:
        console.notice(remark)
    if console.format == "table":
        console.text(explain.text(actions))


def carry_out(app: App, doors: Doors, course: Course, jobs: int) -> None:
    """Applies the plan, keeps the release that it has led to, and reports what stands then."""
    made, kept = apply_course(app, doors, course, jobs)
    if app.console.format == "json":
        data = {"plan": explain.data(course.actions), "receipt": made.model_dump(mode="json")}
        app.console.json({**data, "release": kept.name if kept else None})
    elif course.actions:
        app.console.text(f"\n{explain.receipt(made)}" if not made.empty else "\nnothing of ours is left")


def apply_course(app: App, doors: Doors, course: Course, jobs: int) -> tuple[Receipt, Release | None]:
    """The receipt, and the release where there is a new one."""
    from builder.adapters import releases  # noqa: PLC0415  with the adapters: only when something is to be done
    from builder.apply import Ledger, apply  # noqa: PLC0415  see above

    ledger = Ledger(file=doors.file, place=place_of(doors.settings), of=course.of)
    made = apply(course.actions, course.start, world=doors.world, ledger=ledger, console=app.console, jobs=jobs)
    keep = doors.settings.rollout.releases
    ended, kept = ledger.record(course.desired, made, at=releases.now(), keep=keep)
    if kept:
        app.console.line(f"release {kept.name}")
    return ended, kept


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
