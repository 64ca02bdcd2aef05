"""`builder test`: every function's cases.yaml, in one or several ways, and where they differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands._options import catalogue, output_format, pass_app, selection
from builder.commands._ways import WAYS, open_way
from builder.core import cases
from builder.core.catalog import open_catalog
from builder.core.modules import group
from builder.core.selection import select
from builder.errors import CasesError, CatalogError, Problem
from builder.ways import outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.app import App
    from builder.core.cases import Case
    from builder.model import Function
    from builder.ways import Way


@click.command("test")
@selection
@click.option("--in-process", "ways", flag_value="in-process", multiple=True, help="In this process (the default).")
@click.option("--image", "ways", flag_value="image", multiple=True, help="In the images, under the runtime emulator.")
@click.option("--deployed", "ways", flag_value="deployed", multiple=True, help="The deployed Lambdas.")
@click.option("--sql", "ways", flag_value="sql", multiple=True, help="Through SQL, in the configured Redshift.")
@click.option("--all", "every", is_flag=True, help="All four ways.")
@catalogue
@output_format
@pass_app
def command(app: App, modules: str, functions: str, ways: tuple[str, ...], every: bool) -> None:  # noqa: FBT001  click
    """Run the cases of every function; exit code 10 where one fails or two ways differ."""
    catalog = open_catalog(app.settings.functions_roots, app.project)
    chosen = select(catalog, modules=modules, functions=functions)
    suite = _read(app.project, chosen)
    grouped = {module.name: module for module in group(catalog, catalog.functions)}
    titles = WAYS if every else tuple(dict.fromkeys(ways)) or WAYS[:1]
    problems: list[Problem] = []
    results: dict[tuple[str, str], str] = {}
    for title in titles:
        way = open_way(app, title, grouped)
        try:
            with app.console.stage(f"cases {title}") as stage:
                before = len(problems)
                ran = sum(_run(way, function, found, problems, results) for function, found in suite)
                stage.note = f"{ran} cases, {len(problems) - before} failed"
        finally:
            way.close()
    lines = [[function.name, *(results.get((function.name, title), "-") for title in titles)] for function, _ in suite]
    app.console.rows(["function", *titles], lines)
    if problems:
        raise CasesError(problems=problems)


def _read(project: Path, functions: Sequence[Function]) -> list[tuple[Function, tuple[Case, ...]]]:
    """Every function's cases. Raises CatalogError with all that is wrong in any file."""
    suite, problems = [], []
    for function in functions:
        path = project / Path(function.root) / "tests" / "unit" / "cases.yaml"
        found: tuple[Case, ...] = ()
        if path.is_file():
            found, wrong = cases.parse(path.read_text(encoding="utf-8"), function, where=str(path))
            problems += wrong
        suite.append((function, found))
    if problems:
        raise CatalogError(problems=problems)
    return suite


def _run(
    way: Way, function: Function, suite: Sequence[Case], problems: list[Problem], results: dict[tuple[str, str], str]
) -> int:
    if not suite or not way.answers(function):
        return 0
    failed = 0
    for case, outcome in zip(suite, outcomes(way, function, suite), strict=True):
        wrong = cases.mismatch(function, case, outcome)
        if wrong:
            failed += 1
            problems.append(Problem(where=f"{function.name} [{way.title}]", key=case.name, what=wrong))
    results[function.name, way.title] = f"{len(suite) - failed} of {len(suite)}" if failed else f"{len(suite)} passed"
    return len(suite)
