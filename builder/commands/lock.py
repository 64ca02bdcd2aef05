"""`builder lock`: pins and hashes what the functions of each module need, into functions/<module>/requirements.lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands._options import catalogue, pass_app
from builder.core.catalog import part_locks
from builder.core.catalog.selection import selection
from builder.core.images import requirements
from builder.errors import BuildError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.app import App
    from builder.model import Catalog, Module


@click.command("lock")
@click.option("--modules", default="", metavar="A,B", help="Only these modules.")
@click.option("--check", is_flag=True, help="Say which locks are stale, and change nothing.")
@click.option("--upgrade", is_flag=True, help="Take newer versions than the present lock's.")
@click.option(
    "--no-split", is_flag=True, help="Refuse a module whose functions need packages that exclude one another."
)
@catalogue
@pass_app
def command(app: App, modules: str, *, check: bool, upgrade: bool, no_split: bool) -> None:
    """Pin and hash what each module's functions need.

    Where two functions of a module exclude one another's packages, the module is split into the fewest images that
    satisfy all. Who is in which, and why, is written into the locks; a later run moves no function without need.
    """
    # Locks are of all functions, also of those that production leaves out.
    catalog = app.whole_catalog
    chosen = [module for module in selection(catalog, modules).modules if requirements.wanted(module)]
    if check:
        problems = [problem for module in chosen for problem in _stale(catalog, module)]
        if problems:
            raise BuildError(problems=problems)
        app.console.line(f"up to date: {', '.join(module.name for module in chosen) or 'no module needs a lock'}")
        return
    from builder.adapters.resolver import Resolver  # noqa: PLC0415  --check starts nothing
    from builder.lock import lock  # noqa: PLC0415  see above

    resolver = Resolver(app.environ)
    for module in chosen:
        with app.console.stage(f"lock {module.name}") as stage:
            locked = lock(module, home(catalog, module), resolver, upgrade=upgrade, split=not no_split)
            stage.note = str(locked)
        for part in locked.parts[1:]:
            app.console.notice(f"{part.image} is for {', '.join(each.name for each in part.functions)}: {part.reason}")
        if not locked.proven:
            app.console.notice(f"{module.name}: fewer images may do; the search was given up after its last question")


def home(catalog: Catalog, module: Module) -> Path:
    """The module's folder in the last root that has any of its functions: its locks override the others'."""
    homes = {Path(function.root).parent for function in module.functions}
    ordered = [home for root in catalog.roots for home in sorted(homes) if home.is_relative_to(root)]
    return ordered[-1]


def _stale(catalog: Catalog, module: Module) -> Iterator[Problem]:
    for part in module.parts or (module,):
        if problem := requirements.stale(part):
            yield problem
    groups = {part.group for part in module.parts}
    for lock in catalog.part_locks:
        if lock.module == module.name and lock.group not in groups:
            what = "is for no function that the module still has"
            hint = f"run `builder lock --modules {module.name}`"
            yield Problem(where=f"{module.name}/{part_locks.file(lock.group)}", what=what, hint=hint)
