"""Reads the cases of functions and runs them in one way: for `builder test` and `builder dev`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder import files
from builder.core.calls import cases
from builder.core.catalog import folders
from builder.errors import CatalogError
from builder.ways import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from builder.core.calls.cases import Case
    from builder.errors import Problem
    from builder.model import Function
    from builder.ways import Way


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One case in one way, and what was wrong with it ("" where nothing was)."""

    function: str
    case: str
    way: str
    wrong: str


def read(project: Path, functions: Sequence[Function]) -> list[tuple[Function, tuple[Case, ...]]]:
    """Every function's cases. Raises CatalogError with all that is wrong in any file."""
    suite, problems = look(project, functions)
    if problems:
        raise CatalogError(problems=problems)
    return suite


def look(project: Path, functions: Sequence[Function]) -> tuple[list[tuple[Function, tuple[Case, ...]]], list[Problem]]:
    """Every function's cases, as far as they can be read, and all that is wrong in any file."""
    suite, problems = [], []
    for function in functions:
        path = file_of(project, function)
        where = files.shown(path, project)
        found: tuple[Case, ...] = ()
        wrong: list[Problem] = []
        try:
            if path.is_file():
                found, wrong = cases.parse(path.read_text(encoding="utf-8"), function, where=where)
        except (OSError, UnicodeDecodeError) as error:
            wrong = [folders.unreadable(where, error)]
        problems += wrong
        suite.append((function, found))
    return suite, problems


def run_cases(way: Way, suite: Sequence[tuple[Function, Sequence[Case]]]) -> Iterator[Ran]:
    for function, found in suite:
        if not way.answers(function):
            continue
        for case, outcome in zip(found, outcomes(way, function, found), strict=True):
            wrong = cases.mismatch(function, case, outcome)
            yield Ran(function=function.name, case=case.name, way=way.title, wrong=wrong)


def file_of(project: Path, function: Function) -> Path:
    """Where a function's cases are."""
    return project / function.root / "tests" / "unit" / "cases.yaml"
