"""Rounds of `builder dev`, with saves in place of a watcher."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.app import App
from builder.commands.dev import Session, follow
from builder.console import Console
from builder.core.config.settings import VARIABLES
from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

YAML = "arguments: [{name: n, type: int}]\noutput: int\nclouds: {redshift: {type: lambda}}\n"
SHARING = YAML.replace("lambda}", "lambda, shared_libs: [steps]}")
HANDLER = "from gateway import redshift_handler\n\n\n@redshift_handler\ndef lambda_handler(n):\n    return n * 2\n"
SHARER = HANDLER.replace("\n\n\n", "\nfrom lib.steps import STEP\n\n\n", 1).replace("* 2", "+ STEP")
CASES = "- {name: three, arguments: [3], output: 6}\n"
PLACE = "functions/geo/{}/code/lambda/python/handler.py"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`double` is alone; `ahead` and `behind` use the shared library `steps`."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    files = {"functions/_shared/python/steps.py": "STEP = 3\n"}
    files |= function("double", YAML, handler=HANDLER)
    for name in ("ahead", "behind"):
        files |= function(name, SHARING, handler=SHARER)
    for name in ("double", "ahead", "behind"):
        files[f"functions/geo/{name}/tests/unit/cases.yaml"] = CASES
    write(tmp_path, files)
    return tmp_path


def told(project: Path, capsys: pytest.CaptureFixture[str], *saves: dict[str, str]) -> list[tuple[str, str]]:
    """What each round says, the first without a save: results, and the rest."""
    app = App(console=Console(), project=project, state=project / ".builder", environ={})
    found = []

    def change() -> Iterator[object]:
        for save in saves:
            captured = capsys.readouterr()
            found.append((captured.out, captured.err))
            write(project, save)
            yield save

    follow(Session(app=app, module="geo"), change())
    captured = capsys.readouterr()
    return [*found, (captured.out, captured.err)]


def names(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines() if line and not line.startswith(" ")]


def test_the_first_round_runs_everything_and_the_next_only_what_changed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = told(
        project,
        capsys,
        {PLACE.format("double"): HANDLER.replace("* 2", "* 3")},
        {"functions/_shared/python/steps.py": "STEP = 30\n"},
        {"functions/geo/behind/tests/unit/cases.yaml": CASES.replace("6", "33")},
        {"functions/geo/behind/README.md": "# behind\n"},
    )

    everything = ["ahead", "behind", "double"]
    assert [names(out) for out, _ in rounds] == [everything, ["double"], ["ahead", "behind"], ["behind"], []]
    assert "3 cases of 3 functions, 0 failed" in rounds[0][1]
    assert "1 cases of 1 functions, 1 failed" in rounds[1][1]
    assert "1 of 1 passed" in rounds[3][0]
    assert "nothing to run" in rounds[4][1]


def test_a_file_that_cannot_be_read_is_told_and_waited_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = "functions/geo/double/function.yaml"
    rounds = told(
        project,
        capsys,
        {file: YAML.replace("int}", "itn}")},
        {PLACE.format("ahead"): "def lambda_handler(:\n"},
        {file: YAML, PLACE.format("ahead"): SHARER.replace("+ STEP", "+ STEP + 1")},
    )

    assert "'itn' is not a type" in rounds[1][1]
    assert "waiting for that to be mended" in rounds[1][1]
    assert "is not Python" in rounds[2][1]
    # The function that is as it was before the slip is not run again.
    assert names(rounds[3][0]) == ["ahead"]


def test_a_handler_that_breaks_is_a_failed_case_and_not_the_end(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = told(project, capsys, {PLACE.format("double"): HANDLER.replace("n * 2", "n / 0")})
    assert "division by zero" in rounds[1][0], rounds
    assert "1 failed" in rounds[1][1]
