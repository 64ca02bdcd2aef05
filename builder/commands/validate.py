"""`builder validate`: every problem of the catalogue at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _options
from builder.commands._cases import look
from builder.core.catalog.load import survey
from builder.core.catalog.modules import group
from builder.core.deploy import sql_script
from builder.errors import CatalogError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.app import App
    from builder.errors import Problem
    from builder.model import Catalog, Function


@click.command("validate", short_help="Check the catalogue.")
@_options.catalogue
@_options.production
@_options.output_format
@_options.pass_app
def command(app: App) -> None:
    """Check every function.yaml, handler, cases.yaml, requirements file and SQL text, and the names that they lead to.

    Nothing is imported, built or called. All problems are printed, with file and line; the exit code is then 3.
    """
    with app.console.stage("validate"):
        problems: list[Problem] = []
        try:
            catalog = app.catalog
            # What Redshift would refuse in the SQL.
            every = app.whole_catalog
            sql_script.refuse(group(every, every.functions), app.settings)
            sound: Sequence[Function] = every.functions
        except CatalogError as error:
            problems += error.problems
            sound = _readable(app)
        problems += look(app.project, sound)[1]
        if problems:
            raise CatalogError(problems=problems)
    counts = _counts(catalog)
    if app.console.format == "json":
        app.console.json({**counts, "notices": list(catalog.notices)})
    else:
        app.console.text(_summary(**counts))


def _readable(app: App) -> list[Function]:
    """The functions whose function.yaml is sound: cases are judged by the arguments that it names."""
    settings = app.settings
    roots = [app.project / root for root in settings.functions_roots]
    found = survey(roots, base=app.project, prefix=settings.lambda_prefix, mode=settings.lambda_mode)
    wrong = {each.where.partition(":")[0] for each in found.problems}
    return [each for each in found.catalog.functions if found.where[each.name] not in wrong]


def _counts(catalog: Catalog) -> dict[str, int]:
    lambdas = sum(function.kind == "lambda" for function in catalog.functions)
    modules = len({function.module for function in catalog.functions})
    return {"lambdas": lambdas, "sql": len(catalog.functions) - lambdas, "modules": modules}


def _summary(*, lambdas: int, sql: int, modules: int) -> str:
    kinds = [counted(count, f"{kind} function") for count, kind in ((lambdas, "Lambda"), (sql, "SQL")) if count]
    return f"{' and '.join(kinds)} in {counted(modules, 'module')}, no problems"
