"""`builder import`: what is made of somebody's catalogue, before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands._options import catalogue, output_format, pass_app
from builder.core.catalog.load import survey
from builder.core.sql import import_report
from builder.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.app import App
    from builder.core.sql.import_report import Report


@click.command("import", short_help="What is made of a catalogue: understood, assumed, wrong.")
@catalogue
@output_format
@pass_app
def command(app: App) -> int:
    """Report, function by function, what was understood, what was assumed and what is wrong.

    Reads the catalogue that --functions-root names and changes nothing; no file of it has to be edited or copied. Where
    something is wrong the exit code is 3, as of `builder validate`.
    """
    settings = app.settings
    roots = [app.project / root for root in settings.functions_roots]
    found = import_report.report(
        survey(roots, base=app.project, prefix=settings.lambda_prefix, mode=settings.lambda_mode)
    )
    if app.console.format == "json":
        app.console.json(import_report.data(found))
    else:
        app.console.rows(("function", "", "what"), _rows(found))
        app.console.line(f"{len(found.entries)} functions, {found.faults} problems")
    return CatalogError.exit_code if found.faults else 0


def _rows(found: Report) -> Iterator[tuple[str, str, str]]:
    for entry in found.entries:
        name = f"{entry.module}/{entry.function}"
        parts = [("understood", entry.understood), ("assumed", entry.assumed), ("wrong", entry.wrong)]
        for kind, text in [(kind, text) for kind, texts in parts for text in texts]:
            yield name, kind, _on_one_line(text)
            name = ""
    for kind, texts in (("assumed", found.assumed), ("wrong", found.wrong)):
        for text in texts:
            yield "(the catalogue)", kind, _on_one_line(text)


def _on_one_line(text: str) -> str:
    """A problem has its remedy on a line of its own."""
    return "; ".join(line.strip() for line in text.splitlines())
