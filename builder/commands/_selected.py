"""Which functions a command is about: `--modules`, `--functions` and `--diff [REF]`, the same for every command."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from builder import assets, bake
from builder.adapters import source_record
from builder.commands._building import python_image
from builder.core.catalog import changes, load
from builder.core.catalog.selection import selection
from builder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from builder.app import App
    from builder.core.catalog.changes import Changes, Source
    from builder.core.catalog.selection import Selection
    from builder.model import Catalog

# What `--diff` without REF compares with: the last build, or the last deploy to the same prefix and schema.
Since = Literal["built", "deployed"]


def choose(app: App, modules: str, functions: str, *, since: Since = "built") -> Selection:
    """The functions that were named and, with --diff, that changed. Raises UsageError for names that are unknown."""
    if app.diff is None:
        return selection(app.catalog, modules, functions)
    found = _changes(app, app.diff, since)
    app.console.notice(f"changed since {app.diff or _event(app, since)}: {found}")
    return selection(app.catalog, modules, functions, changes=found)


def note(app: App, chosen: Selection, since: Since, *, prune: bool = False) -> None:
    """Records what was built or deployed.

    A build of a module forgets the functions that it no longer has. A deploy forgets those that it has taken away, with
    --diff or `prune`; until then they stay known as deleted, so that the next --diff is about them.
    """
    now = sources(app, app.catalog, assets.find().root)
    event = _event(app, since)
    lost = {name: each for name, each in source_record.read(app.state, event).items() if name not in now}
    if since == "built":
        gone = [name for name, each in lost.items() if _is_over(app, chosen, each.module)]
    else:
        gone = [name for name in lost if prune or name in chosen.gone.functions]
    named = {function.name for function in chosen.functions}
    source_record.record(app.state, event, {name: now[name] for name in named}, gone=gone)


def sources(app: App, catalog: Catalog, root: Path) -> dict[str, Source]:
    """The sources of a catalogue, with the recipe and the SQL templates that lie under `root`."""
    recipe = {**bake.recipe(root), "PYTHON_IMAGE": python_image(app) or ""}
    return changes.sources(catalog, recipe=recipe, templates=_hashes((root / "sql").glob("*.j2")))


def _changes(app: App, ref: str, since: Since) -> Changes:
    now = sources(app, app.catalog, assets.find().root)
    return changes.compare(_at(app, ref) if ref else source_record.read(app.state, _event(app, since)), now)


def _at(app: App, ref: str) -> dict[str, Source]:
    """The sources at a commit: its catalogue is read as today's is, and its recipe where the project brings its own."""
    from builder.adapters import git  # noqa: PLC0415  processes only where they are asked for

    top = git.top(app.project)
    tree = git.tree(top, ref, app.build / "diff")
    roots = [_moved((app.project / root).resolve(), top, tree) for root in app.settings.functions_roots]
    # Problems of then are nobody's now: a function that could not be read is one that changed.
    before = app.in_force(load.survey([root for root in roots if root.is_dir()]).catalog)
    here = assets.find().root
    recipe = _moved(here, top, tree) if here.is_relative_to(top) else here
    return sources(app, before, recipe if (recipe / "docker-bake.hcl").is_file() else here)


def _moved(path: Path, top: Path, tree: Path) -> Path:
    if not path.is_relative_to(top):
        raise UsageError(f"{path} is outside of the repository {top}", where="--diff", hint="leave REF out")
    return tree / path.relative_to(top)


def _is_over(app: App, chosen: Selection, module: str) -> bool:
    """Whether a build has made a module anew, or the catalogue has nothing left of it."""
    return module in chosen.complete or all(function.module != module for function in app.catalog.functions)


def _event(app: App, since: Since) -> str:
    if since == "built":
        return source_record.BUILT
    return source_record.deployed(app.settings.lambda_prefix, app.settings.schema)


def _hashes(files: Iterable[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}
