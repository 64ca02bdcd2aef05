"""`builder list`, `validate` and `schema`, as typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from builder.cli import run
from builder.core.config.settings import VARIABLES
from tests.unit.catalog.trees import DATA, HANDLER, function, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs a command line in an empty project; gives exit code, output and errors."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["--project", str(tmp_path), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


SMALL = ("--functions-root", str(DATA / "small"))


def test_list_leaves_private_functions_out_unless_asked(typed: Typed) -> None:
    def listed(*words: str) -> list[str]:
        code, out, _ = typed("list", *SMALL, "--format", "json", *words)
        assert code == 0
        return [each["function"] for each in json.loads(out)]

    assert listed() == ["area", "shout"]
    assert listed("--all") == ["__double", "area", "shout"]
    assert listed("--functions", "__double") == ["__double"]
    assert listed("--modules", "text") == ["shout"]


def test_list_shows_signatures(typed: Typed) -> None:
    _, out, _ = typed("list", *SMALL)
    assert "area(geom GEOMETRY, unit VARCHAR(MAX)) DOUBLE PRECISION" in " ".join(out.split())


def test_json_holds_what_documentation_needs(typed: Typed) -> None:
    _, out, _ = typed("list", *SMALL, "--format", "json", "--functions", "shout")
    (shout,) = json.loads(out)
    assert shout["arguments"] == [{"name": "text", "type": "VARCHAR(200)", "description": "What to shout."}]
    assert (shout["module"], shout["type"], shout["returns"]) == ("text", "lambda", "VARCHAR(400)")


def test_an_unknown_name_ends_with_two_and_prints_nothing_to_standard_output(typed: Typed) -> None:
    code, out, err = typed("list", *SMALL, "--functions", "aera")
    assert (code, out) == (2, "")
    assert "did you mean 'area'?" in err


def test_validate_counts(typed: Typed) -> None:
    code, out, _ = typed("validate", *SMALL)
    assert (code, out) == (0, "2 Lambda functions and 1 SQL function in 2 modules, no problems\n")


def test_validate_prints_every_problem_and_ends_with_three(typed: Typed, tmp_path: Path) -> None:
    write(tmp_path, {**function("a", "a: [\n"), **function("b", handler="def\n"), **function("c", "autor: x\n")})
    code, out, err = typed("validate")
    assert (code, out) == (3, "")
    for place in ("a/function.yaml:2", "b/code/lambda/python/handler.py:1", "c/function.yaml:1 autor"):
        assert f"functions/geo/{place}" in err


def test_validate_judges_the_sql(typed: Typed, tmp_path: Path) -> None:
    text = "arguments: [{name: n, type: bigint}]\noutput: bigint\nclouds: {redshift: {type: sql}}\n"
    write(tmp_path, {"functions/geo/two/function.yaml": text, "functions/geo/two/code/redshift.sql": "SELECT $1 + $2"})
    code, _, err = typed("validate")
    assert code == 3
    assert "$2" in err


def test_the_prefix_in_use_counts(typed: Typed, tmp_path: Path) -> None:
    write(tmp_path, function("a", module="m" * 60))
    (tmp_path / ".env").write_text("RS_LAMBDA_PREFIX=dev-\n", encoding="utf-8")
    assert typed("validate")[0] == 0
    (tmp_path / ".env").write_text("RS_LAMBDA_PREFIX=development-\n", encoding="utf-8")
    assert typed("validate")[0] == 3


def test_settings_that_are_malformed_end_with_four(typed: Typed, tmp_path: Path) -> None:
    write(tmp_path, {**function("a", handler=HANDLER), ".env": "RS_PORT=x\n"})
    code, _, err = typed("validate")
    assert code == 4
    assert ".env:1 RS_PORT: 'x' is no port" in " ".join(err.split())


def test_a_project_without_functions(typed: Typed) -> None:
    code, _, err = typed("validate")
    assert code == 3
    assert "functions: does not exist" in err


def test_schema_prints_the_schema(typed: Typed) -> None:
    code, out, _ = typed("schema")
    assert code == 0
    assert json.loads(out)["properties"]["clouds"]


def test_a_file_that_the_system_refuses_is_named_without_a_traceback(typed: Typed, tmp_path: Path) -> None:
    write(tmp_path, {**function("a", handler=HANDLER), "functions/other": "in the way"})
    code, out, err = typed("new", "other", "b")
    assert (code, out) == (1, "")
    assert "Not a directory" in err
    assert "Traceback" not in err
