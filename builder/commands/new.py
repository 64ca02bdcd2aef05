"""`builder new`: a function from a template, with cases and a test that pass at once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands._options import catalogue, pass_app
from builder.core.catalog import skeleton
from builder.core.catalog.load import open_catalog
from builder.errors import CatalogError, UsageError

if TYPE_CHECKING:
    from builder.app import App


@click.command("new", short_help="A function from a template.")
@click.argument("module")
@click.argument("function")
@catalogue
@pass_app
def command(app: App, module: str, function: str) -> None:
    """Make FUNCTION in MODULE: function.yaml, a handler, cases and a test, which pass as they are.

    The folder is made in the last root. Nothing is overwritten, and a name that any module has is refused: SQL names
    share one schema.
    """
    problems = skeleton.check(module, function)
    if problems:
        raise CatalogError(problems=problems)
    root = app.project / app.settings.functions_roots[-1]
    folder = root / module / function
    if folder.exists():
        raise UsageError(f"{_shown(app, folder)} exists", where="FUNCTION", hint="nothing was written: choose a name")
    _refuse_taken(app, function)
    made = _write(folder, skeleton.files(function))
    for path in made:
        app.console.text(_shown(app, path))
    app.console.line(f"try it: builder test --modules {module}, or pytest {_shown(app, folder)}")


def _refuse_taken(app: App, function: str) -> None:
    """Only where there is a catalogue already: the first function begins one."""
    roots = [root for root in app.settings.functions_roots if any((app.project / root).glob("*/*/function.yaml"))]
    catalog = open_catalog(roots, app.project, prefix=app.settings.lambda_prefix) if roots else None
    owner = next((each for each in catalog.functions if each.name == function), None) if catalog else None
    if owner is not None:
        hint = f"it is in {_shown(app, Path(owner.root))}; choose another name"
        raise UsageError(f"the catalogue has a function {function!r}", where="FUNCTION", hint=hint)


def _write(folder: Path, files: dict[str, str]) -> list[Path]:
    """All files or none: they are written beside the place, under a name that no catalogue reads, and moved there."""
    draft = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    for path, text in files.items():
        (draft / path).parent.mkdir(parents=True, exist_ok=True)
        (draft / path).write_text(text, "utf-8")
    draft.rename(folder)
    return [folder / path for path in files]


def _shown(app: App, path: Path) -> str:
    return path.relative_to(app.project).as_posix() if path.is_relative_to(app.project) else path.as_posix()
