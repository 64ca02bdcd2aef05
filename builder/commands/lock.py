"""`builder lock`: pins and hashes what the functions of each module need, into functions/<module>/requirements.lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands._options import catalogue, pass_app
from builder.core.catalog import part_locks
from builder.core.catalog.selection import selection
from builder.core.images import requirements
from builder.errors import BuildError, CatalogError

if TYPE_CHECKING:
    from builder.adapters.resolver import Resolver
    from builder.app import App
    from builder.model import Catalog, Module


@click.command("lock")
@click.option("--modules", default="", metavar="A,B", help="Only these modules.")
@click.option("--check", is_flag=True, help="Say which locks are stale, and change nothing.")
@click.option("--upgrade", is_flag=True, help="Take newer versions than the present lock's.")
@catalogue
@pass_app
def command(app: App, modules: str, *, check: bool, upgrade: bool) -> None:
    """Pin and hash what each module's functions need."""
    catalog = app.catalog
    chosen = [module for module in selection(catalog, modules).modules if requirements.wanted(module)]
    refused = [problem for module in chosen for problem in requirements.check(module)]
    if refused:
        raise CatalogError(problems=refused)
    if check:
        problems = [problem for module in chosen if (problem := requirements.stale(module))]
        if problems:
            raise BuildError(problems=problems)
        app.console.line(f"up to date: {', '.join(module.name for module in chosen) or 'no module needs a lock'}")
        return
    from builder.adapters.resolver import Resolver  # noqa: PLC0415  --check starts nothing

    resolver = Resolver(app.environ)
    for module in chosen:
        with app.console.stage(f"lock {module.name}") as stage:
            stage.note = _lock(module, lock_file(catalog, module), resolver, upgrade=upgrade)


def lock_file(catalog: Catalog, module: Module) -> Path:
    """Beside the module's functions, in the last root that has any of them: its lock overrides the others'."""
    homes = {Path(function.root).parent for function in module.functions}
    ordered = [home for root in catalog.roots for home in sorted(homes) if home.is_relative_to(root)]
    return ordered[-1] / part_locks.LOCK


def _lock(module: Module, file: Path, resolver: Resolver, *, upgrade: bool) -> str:
    from builder.adapters.resolver import UnmetError  # noqa: PLC0415  see above

    try:
        resolved = resolver.resolve(
            [each.line for each in requirements.wanted(module)], current=module.requirements_lock, upgrade=upgrade
        )
    except UnmetError as error:
        raise CatalogError(problems=requirements.attribute(module, resolver.complaint, str(error))) from error
    text = requirements.render(module, resolved)
    count = resolved.count("==")
    packages = f"{count} package{'s' if count != 1 else ''}"
    if text == module.requirements_lock:
        return f"{packages}, unchanged"
    temporary = file.with_name(f"{file.name}.new")
    temporary.write_text(text, "utf-8")
    temporary.replace(file)
    return f"{packages} in {file}"
