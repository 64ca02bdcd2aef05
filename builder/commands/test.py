"""`builder test`: every function's cases.yaml, in one or several ways, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from builder.commands._options import catalogue, diff, output_format, pass_app, suffix
from builder.commands._selected import choose
from builder.commands._ways import WAYS, open_way
from builder.core.calls import cases
from builder.core.catalog.modules import group
from builder.errors import CasesError, CatalogError, Problem
from builder.ways import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from builder.app import App
    from builder.core.calls.cases import Case
    from builder.model import Function
    from builder.ways import Way


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One case in one way, and what was wrong with it ("" where nothing was)."""

    function: str
    case: str
    way: str
    wrong: str


@click.command("test")
@diff
@click.option("--in-process", "ways", flag_value="in-process", multiple=True, help="In this process (the default).")
@click.option("--image", "ways", flag_value="image", multiple=True, help="In the images, under the runtime emulator.")
@click.option("--deployed", "ways", flag_value="deployed", multiple=True, help="The deployed Lambdas.")
@click.option("--sql", "ways", flag_value="sql", multiple=True, help="Through SQL, in the configured Redshift.")
@click.option("--all", "every", is_flag=True, help="All four ways.")
@suffix
@catalogue
@output_format
@pass_app
def command(app: App, modules: str, functions: str, ways: tuple[str, ...], *, every: bool) -> None:
    """Run the cases of every function; exit code 10 where one fails or two ways differ."""
    catalog = app.catalog
    suite = _read(app.project, choose(app, modules, functions).functions)
    grouped = {module.name: module for module in group(catalog, catalog.functions)}
    titles = WAYS if every else tuple(dict.fromkeys(ways)) or WAYS[:1]
    ran: list[Ran] = []
    for title in titles:
        way = open_way(app, title, grouped)
        try:
            with app.console.stage(f"cases {title}") as stage:
                here = list(_run(way, suite))
                stage.note = f"{len(here)} cases, {sum(bool(each.wrong) for each in here)} failed"
        finally:
            way.close()
        ran += here
    app.console.rows(["function", *titles], [[each.name, *_row(each, titles, ran)] for each, _ in suite])
    if problems := _problems(ran):
        raise CasesError(problems=problems)


def _read(project: Path, functions: Sequence[Function]) -> list[tuple[Function, tuple[Case, ...]]]:
    """Every function's cases. Raises CatalogError with all that is wrong in any file."""
    suite, problems = [], []
    for function in functions:
        path = project / function.root / "tests" / "unit" / "cases.yaml"
        found: tuple[Case, ...] = ()
        if path.is_file():
            found, wrong = cases.parse(path.read_text(encoding="utf-8"), function, where=str(path))
            problems += wrong
        suite.append((function, found))
    if problems:
        raise CatalogError(problems=problems)
    return suite


def _run(way: Way, suite: Sequence[tuple[Function, Sequence[Case]]]) -> Iterator[Ran]:
    for function, found in suite:
        if not way.answers(function):
            continue
        for case, outcome in zip(found, outcomes(way, function, found), strict=True):
            wrong = cases.mismatch(function, case, outcome)
            yield Ran(function=function.name, case=case.name, way=way.title, wrong=wrong)


def _row(function: Function, titles: Sequence[str], ran: Sequence[Ran]) -> Iterator[str]:
    """`12 passed`, `11 of 12`, or `-` where there is no case, or no such way for this function."""
    for title in titles:
        here = [each for each in ran if (each.function, each.way) == (function.name, title)]
        passed = sum(not each.wrong for each in here)
        yield "-" if not here else f"{passed} passed" if passed == len(here) else f"{passed} of {len(here)}"


def _problems(ran: Sequence[Ran]) -> list[Problem]:
    """One a failure, and the ways in which the same case passed."""
    passed: dict[tuple[str, str], list[str]] = {}
    for each in ran:
        if not each.wrong:
            passed.setdefault((each.function, each.case), []).append(each.way)
    return [
        Problem(
            where=f"{each.function} [{each.way}]",
            key=each.case,
            what=each.wrong,
            hint=f"the ways differ: it passes {', '.join(others)}" if others else "",
        )
        for each in ran
        if each.wrong
        for others in [passed.get((each.function, each.case), [])]
    ]
