"""`builder import` and `builder new`, through the command line's own entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from builder import ways
from builder.cli import cli
from builder.core.calls import cases
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.errors import CatalogError, UsageError

from .trees import function, write

FOREIGN = Path(__file__).resolve().parents[2] / "data" / "catalogs" / "foreign"


def run(project: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--project", str(project), *words])


def report(project: Path, root: str = "functions") -> tuple[int, dict[str, dict[str, list[str]]], list[str]]:
    done = CliRunner().invoke(
        cli, ["--project", str(project), "import", "--functions-root", root, "--format", "json"], standalone_mode=False
    )
    said = json.loads(done.stdout)
    return done.return_value, {each["function"]: each for each in said["functions"]}, said["wrong"]


def test_import_tells_of_each_function_what_was_understood_and_assumed(tmp_path: Path) -> None:
    code, functions, wrong = report(tmp_path, str(FOREIGN))
    assert (code, wrong, len(functions)) == (0, [], 44)
    assert functions["text_shout"]["understood"] == [
        "Python: (VARCHAR(MAX)) gives VARCHAR(MAX)",
        "the wrapper carto.lambda_wrapper",
        "the shared libraries words",
    ]
    assert functions["grid_children"]["understood"][0] == (
        "a template of grid_children(bigint), grid_children(bigint, integer)"
    )
    assert "the settings memory 256 MB, time-out 30 s, batches of 50 rows" in functions["grid_tocell"]["understood"]
    assert any("lambda_name is not used" in text for text in functions["grid_children"]["assumed"])
    # Its own copy of the wrapper is what runs.
    assert functions["admin_copy"]["understood"] == ["Python: (INTEGER) gives INTEGER"]


def test_import_goes_on_after_what_is_wrong(tmp_path: Path) -> None:
    broken = "clouds: {redshift: {type: lambda, external_function_template: t.sql, shared_libs: [nobody]}}\n"
    files = function("bad", broken) | function("good") | {"functions/geo/bad/t.sql": "SELECT @@NOPE@@"}
    code, functions, _ = report(write(tmp_path, files))
    assert code == CatalogError.exit_code
    assert "'nobody'" in functions["bad"]["wrong"][0]
    assert functions["good"]["wrong"] == []
    assert functions["good"]["understood"] == ["Python: (BIGINT) gives BIGINT"]


def test_import_finds_an_unknown_variable_of_a_template(tmp_path: Path) -> None:
    text = "clouds: {redshift: {type: lambda, external_function_template: t.sql}}\n"
    files = function("bad", text) | {"functions/geo/bad/t.sql": "SELECT @@NOPE@@"}
    code, functions, _ = report(write(tmp_path, files))
    assert code == CatalogError.exit_code
    assert functions["bad"]["wrong"][0].startswith("functions/geo/bad/t.sql: unknown variable @@NOPE@@\n")


def test_a_new_function_is_green_at_once(tmp_path: Path) -> None:
    done = run(tmp_path, "new", "words", "word_length")
    assert done.exit_code == 0, done.output
    catalog = open_catalog(["functions"], tmp_path)
    (made,) = catalog.functions
    modules = {module.name: module for module in group(catalog, catalog.functions)}
    path = Path(made.root) / "tests" / "unit" / "cases.yaml"
    found, problems = cases.parse(path.read_text(encoding="utf-8"), made, where="cases.yaml")
    way = ways.in_process(modules)
    outcomes = ways.outcomes(way, made, found)
    assert not problems
    assert [cases.mismatch(made, *pair) for pair in zip(found, outcomes, strict=True)] == ["", "", ""]
    assert way.call(made, [[""]]) == [0]
    compile((Path(made.root) / "tests" / "unit" / "test_word_length.py").read_text(), "test", "exec")


@pytest.mark.parametrize(("words", "part"), [(("words", "one"), "exists"), (("other", "one"), "has a function 'one'")])
def test_new_overwrites_nothing_and_takes_no_name_twice(tmp_path: Path, words: tuple[str, str], part: str) -> None:
    assert run(tmp_path, "new", "words", "one").exit_code == 0
    before = sorted(tmp_path.rglob("*"))
    done = run(tmp_path, "new", *words)
    assert isinstance(done.exception, UsageError)
    assert part in str(done.exception)
    assert sorted(tmp_path.rglob("*")) == before


def test_new_refuses_names_that_no_folder_may_have(tmp_path: Path) -> None:
    done = run(tmp_path, "new", "Words", "1st")
    assert isinstance(done.exception, CatalogError)
    assert len(done.exception.problems) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("roots", "test", "pytest_"),
    [
        ((), "", "functions/words/one"),
        (("mine",), " --functions-root mine", "-o functions_roots=mine mine/words/one"),
        (
            ("a", "my cat"),
            " --functions-root a --functions-root 'my cat'",
            """-o 'functions_roots=a '"'"'my cat'"'"'' 'my cat/words/one'""",
        ),
    ],
    ids=["the usual root", "another root", "two roots"],
)
def test_new_says_how_to_try_it_with_the_roots_that_it_was_given(
    roots: tuple[str, ...], test: str, pytest_: str, tmp_path: Path
) -> None:
    done = run(tmp_path, "new", "words", "one", *(word for root in roots for word in ("--functions-root", root)))
    assert done.exit_code == 0, done.output
    assert f"try it: builder test --modules words{test}, or pytest {pytest_}\n" in done.output


@pytest.mark.parametrize(("inputs", "result"), [("arguments", "output"), ("parameters", "returns")])
def test_either_vocabulary_under_redshift_comes_before_what_is_above(inputs: str, result: str, tmp_path: Path) -> None:
    above = "arguments: [{name: n, type: text}]\noutput: text\n"
    text = f"{above}clouds: {{redshift: {{{inputs}: [{{name: n, type: bigint}}], {result}: int}}}}\n"
    code, functions, _ = report(write(tmp_path, function("one", text)))
    assert (code, functions["one"]["understood"]) == (0, ["Python: (BIGINT) gives INTEGER"])


def test_a_problem_and_its_remedy_stand_on_one_line(tmp_path: Path) -> None:
    files = function("one", "arguments: []\noutput: nothing\nclouds: {redshift: {}}\n")
    done = CliRunner().invoke(cli, ["--project", str(write(tmp_path, files)), "import"], standalone_mode=False)
    assert done.return_value == CatalogError.exit_code
    assert "\\n" not in done.stdout
