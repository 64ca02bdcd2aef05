"""Requirements and their lock: what is asked, what is stale, and who is to blame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.core.images import requirements
from tests.unit.build.samples import BBOX, POLYFILL, QUADBIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.model import Module


def asking(*lines: Sequence[str]) -> Module:
    """A module whose functions one, two, ... ask for these."""
    names = ("one", "two", "three")
    functions = tuple(
        replace(BBOX, name=name, requirements=tuple(asked)) for name, asked in zip(names, lines, strict=False)
    )
    return replace(QUADBIN, functions=functions)


def test_what_two_functions_ask_for_is_asked_once() -> None:
    assert [(each.line, each.functions) for each in requirements.wanted(QUADBIN)] == [
        ("numpy==2.2.6", ("quadbin_bbox", "quadbin_polyfill")),
        ("shapely==2.1.2", ("quadbin_polyfill",)),
    ]


@pytest.mark.parametrize(
    ("line", "normal"),
    [
        ("NumPy >= 2, <3", "numpy>=2,<3"),
        ("ruamel.yaml==0.18", "ruamel-yaml==0.18"),
        ("pg8000 [ scram ]>=1", "pg8000[scram]>=1"),
        ('numpy>=2 ;  python_version  < "3.14"', 'numpy>=2; python_version < "3.14"'),
    ],
)
def test_a_requirement_has_one_spelling(line: str, normal: str) -> None:
    assert [each.line for each in requirements.wanted(asking([line]))] == [normal]


def test_a_lock_answers_the_requirements_that_it_was_made_for() -> None:
    locked = replace(QUADBIN, requirements_lock=requirements.render(QUADBIN, "numpy==2.2.6 --hash=sha256:00"))
    assert requirements.stale(locked) is None
    moved = replace(locked, functions=(replace(BBOX, requirements=POLYFILL.requirements), POLYFILL))
    assert requirements.stale(moved) is None


@pytest.mark.parametrize(
    ("lock", "what"),
    [("", "does not exist"), ("numpy==2.2.6", "older"), (requirements.render(asking(["h3==4"]), "h3==4"), "older")],
    ids=["none", "by hand", "of other requirements"],
)
def test_a_lock_that_answers_something_else_is_stale(lock: str, what: str) -> None:
    problem = requirements.stale(replace(QUADBIN, requirements_lock=lock))
    assert problem is not None
    assert problem.where == "quadbin/requirements.lock"
    assert what in problem.what
    assert problem.hint == "run `builder lock --modules quadbin`"


def test_a_module_that_asks_for_nothing_needs_no_lock() -> None:
    assert requirements.stale(asking([])) is None


class Fake:
    """A resolver that knows numpy 1 and 2 and h3 4, and that knows h3 4 to need numpy 2."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def complaint(self, lines: Sequence[str]) -> str | None:
        self.asked.append(tuple(lines))
        if unknown := [line for line in lines if line not in ("numpy==1", "numpy==2", "h3==4", "pytz==1")]:
            return f"there is no {unknown[0]}"
        if "numpy==1" in lines and ("numpy==2" in lines or "h3==4" in lines):
            return "numpy==1 and numpy>=2"
        return None


def blamed(module: Module) -> list[str]:
    return [str(problem) for problem in requirements.attribute(module, Fake().complaint, "all of it")]


def test_a_conflict_names_both_functions_and_their_lines() -> None:
    (problem,) = blamed(asking(["pytz==1", "numpy==2"], ["numpy==1"]))
    assert problem.startswith("quadbin requirements: numpy==1 (two) and numpy==2 (one) cannot be met together")


def test_a_conflict_below_the_surface_names_both_too() -> None:
    (problem,) = blamed(asking(["pytz==1", "h3==4"], ["numpy==1"]))
    assert problem.startswith("quadbin requirements: h3==4 (one) and numpy==1 (two) cannot be met together")


def test_every_requirement_that_does_not_exist_is_named_with_its_functions() -> None:
    first, second = blamed(asking(["nosuch==1"], ["nosuch==1", "numpy==3", "numpy==1"]))
    assert first.startswith("one, two requirements: 'nosuch==1' cannot be met for Python 3.13")
    assert second.startswith("two requirements: 'numpy==3' cannot be met")


def test_two_versions_of_one_package_are_looked_at_first() -> None:
    fake = Fake()
    requirements.attribute(asking(["h3==4", "pytz==1", "numpy==2"], ["numpy==1"]), fake.complaint, "")
    pairs = [lines for lines in fake.asked if len(lines) == 2]
    assert pairs == [("numpy==1", "numpy==2")]


def test_what_only_three_cannot_do_is_told_in_the_resolvers_words() -> None:
    problems = requirements.attribute(asking(["numpy==2"], ["pytz==1"]), Fake().complaint, "a circle of three")
    assert [problem.what for problem in problems] == ["a circle of three"]


def test_the_command_line_of_the_resolver() -> None:
    assert requirements.compile_command(["uv"], output="out.lock", upgrade=True) == [
        *("uv", "pip", "compile", "--quiet", "--color", "never", "--no-python-downloads"),
        *("--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_28", "--only-binary", ":all:"),
        *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
        *("--upgrade", "--output-file", "out.lock", "-"),
    ]
