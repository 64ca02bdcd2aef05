"""`builder new`: a function from a template, with cases and a test that pass at once."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder import files
from builder.commands._options import catalogue, pass_app
from builder.core.catalog import skeleton
from builder.core.catalog.load import open_catalog
from builder.core.config.settings import Settings
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
        raise UsageError(
            f"{files.shown(folder, app.project)} exists",
            where="FUNCTION",
            hint="nothing was written: choose another name",
        )
    _refuse_taken(app, function)
    made = _write(folder, skeleton.files(function))
    for path in made:
        app.console.text(files.shown(path, app.project))
    app.console.line(_trials(app, module, folder))


def _trials(app: App, module: str, folder: Path) -> str:
    """The two commands as they are to be typed, with the roots that this one was given."""
    given = app.flags.get("functions_roots", "")
    roots = "".join(f" --functions-root {shlex.quote(root)}" for root in given.split("\n") if root)
    every = app.settings.functions_roots
    ini = "" if every == Settings.functions_roots else f"-o {shlex.quote(f'functions_roots={shlex.join(every)}')} "
    shown = shlex.quote(files.shown(folder, app.project))
    return f"try it: builder test --modules {module}{roots}, or pytest {ini}{shown}"


def _refuse_taken(app: App, function: str) -> None:
    """Only where there is a catalogue already: the first function begins one."""
    roots = [root for root in app.settings.functions_roots if any((app.project / root).glob("*/*/function.yaml"))]
    catalog = open_catalog(roots, app.project, prefix=app.settings.lambda_prefix) if roots else None
    owner = next((each for each in catalog.functions if each.name == function), None) if catalog else None
    if owner is not None:
        hint = f"it is in {files.shown(Path(owner.root), app.project)}; choose another name"
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
