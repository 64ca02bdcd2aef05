"""`builder test`: every function's cases.yaml, in one or several ways, and where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands._cases import read, run_cases
from builder.commands._options import catalogue, diff, output_format, pass_app, place
from builder.commands._selected import choose
from builder.commands._ways import WAYS, open_way
from builder.core.catalog.modules import group
from builder.errors import CasesError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from builder.app import App
    from builder.commands._cases import Ran
    from builder.model import Function


@click.command("test")
@diff
@click.option("--in-process", "ways", flag_value="in-process", multiple=True, help="In this process (the default).")
@click.option("--image", "ways", flag_value="image", multiple=True, help="In the images, under the runtime emulator.")
@click.option("--deployed", "ways", flag_value="deployed", multiple=True, help="The deployed Lambdas.")
@click.option("--sql", "ways", flag_value="sql", multiple=True, help="Through SQL, in the configured Redshift.")
@click.option("--all", "every", is_flag=True, help="All four ways.")
@place
@catalogue
@output_format
@pass_app
def command(app: App, modules: str, functions: str, ways: tuple[str, ...], *, every: bool) -> None:
    """Run the cases of every function; exit code 10 where one fails or two ways differ."""
    catalog = app.catalog
    suite = read(app.project, choose(app, modules, functions).functions)
    grouped = {module.name: module for module in group(catalog, catalog.functions)}
    titles = WAYS if every else tuple(dict.fromkeys(ways)) or WAYS[:1]
    ran: list[Ran] = []
    for title in titles:
        way = open_way(app, title, grouped)
        try:
            with app.console.stage(f"cases {title}") as stage:
                here = list(run_cases(way, suite))
                stage.note = f"{len(here)} cases, {sum(bool(each.wrong) for each in here)} failed"
        finally:
            way.close()
        ran += here
    app.console.rows(["function", *titles], [[each.name, *_row(each, titles, ran)] for each, _ in suite])
    if problems := _problems(ran):
        raise CasesError(problems=problems)


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
