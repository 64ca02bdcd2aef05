"""Rows for the law "NULL in, NULL out": each argument of a function NULL in turn, the others as in one of its cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.core.calls import cases

if TYPE_CHECKING:
    from builder.model import Function


def null_rows(function: Function) -> tuple[list[Any], list[list[Any]]]:
    """A row that the function answers, and the same row with a NULL at each place, and at all of them."""
    path = Path(function.root) / "tests" / "unit" / "cases.yaml"
    found, problems = cases.parse(path.read_text(encoding="utf-8"), function, where=str(path))
    assert not problems
    full = next(case.arguments for case in found if case.output is not None and None not in case.arguments)
    places = range(len(full))
    holed = [[None if place == hole else value for place, value in enumerate(full)] for hole in places]
    return full, [*holed, [None] * len(full)]
