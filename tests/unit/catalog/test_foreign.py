"""A catalogue as other people have one, taken unchanged: tests/data/catalogs/foreign holds every habit that we know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builder import ways
from builder.adapters.roots import one_root
from builder.core.calls import cases
from builder.core.catalog import sql_names
from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.catalog.units import units
from builder.core.config.settings import Settings
from builder.core.deploy import sql_script
from builder.core.images import build_plan, requirements
from builder.core.sql import statements as sql

from .trees import brief, function, problems, write

if TYPE_CHECKING:
    from builder.model import Catalog

PROJECT = Path(__file__).resolve().parents[3]
ROOT = "tests/data/catalogs/foreign"
CATALOG = open_catalog([ROOT], PROJECT)
MODULES = {module.name: module for module in group(CATALOG, CATALOG.functions)}
BY_NAME = {each.name: each for each in CATALOG.functions}
TARGET = sql.Target(schema="s", lambda_reference="fn", iam_role="default")
PLAIN = "clouds: {redshift: {type: lambda, external_function_template: t.sql}}\n"
EXTERNAL = "CREATE EXTERNAL FUNCTION @@SCHEMA@@.%s (INT) RETURNS INT LAMBDA '@@LAMBDA_ARN@@' IAM_ROLE default"


@pytest.fixture(scope="module")
def in_process() -> ways.LambdaWay:
    return ways.in_process(MODULES)


def statements(name: str) -> list[str]:
    return [each.text for each in sql.create(BY_NAME[name], TARGET)]


def test_it_is_as_large_as_a_catalogue_is() -> None:
    assert len(CATALOG.functions) == 44
    assert len(MODULES) == 8


@pytest.mark.parametrize("name", [each.name for each in CATALOG.functions if each.kind == "lambda"])
def test_every_function_gives_what_its_authors_expect(name: str, in_process: ways.LambdaWay) -> None:
    each = BY_NAME[name]
    path = Path(each.root) / "tests" / "unit" / "cases.yaml"
    found, wrong = cases.parse(path.read_text(), each, where=str(path))
    assert found
    assert not wrong
    outcomes = ways.outcomes(in_process, each, found)
    assert [cases.mismatch(each, *pair) for pair in zip(found, outcomes, strict=True)] == [""] * len(found)


def test_all_its_sql_can_be_written() -> None:
    written = sql_script.creations(MODULES.values(), Settings())
    # 43 Lambda functions and a SQL function; eleven more are overloads, wrappers, or the texts behind doubles.
    assert sum(len(each.statements) for each in written) > 40


def test_a_template_makes_an_external_function_and_overloads_in_order() -> None:
    assert [routine.key for routine in sql.routines(BY_NAME["grid_tocell"])] == [
        ("__grid_tocell", ("varchar", "varchar", "integer")),
        ("grid_tocell", ("double precision", "double precision", "integer")),
        ("grid_tocell", ("double precision", "double precision")),
    ]


def test_the_image_answers_to_the_names_of_the_template() -> None:
    assert sql_names.answered(BY_NAME["grid_tocell"]) == ("grid_tocell", "grid_tocell_external", "__grid_tocell")
    assert "__geo_point_text" in sql_names.answered(BY_NAME["geo_point"])
    assert sql_names.answered(BY_NAME["__grid_raw"])[0] == "__grid_raw"


def test_a_variable_that_nobody_set_takes_its_line_along_and_leaves_the_end_of_the_statement() -> None:
    first, second = statements("grid_children")
    assert first.endswith("IAM_ROLE default")
    assert second.startswith("CREATE OR REPLACE EXTERNAL FUNCTION")
    assert "MAX_BATCH_ROWS 50" in statements("grid_tocell")[0]


def test_the_manifest_lists_the_wrapper_that_a_function_imports() -> None:
    listed = {
        entry["name"]: entry.get("wrappers") for entry in build_plan.image_manifest(MODULES["admin"])["functions"]
    }
    assert listed["admin_company"] == ["company.gateway.wrapper"]
    assert listed["admin_other"] == ["logic.platforms.aws_lambda.runtime"]


def test_a_part_of_a_library_brings_the_library() -> None:
    assert BY_NAME["geo_outline"].shared_libs == ("shapes",)


def test_requirements_of_every_form_come_out_plain() -> None:
    assert BY_NAME["stats_count"].requirements == ("numpy>=2.0", "numpy<3")
    assert BY_NAME["stats_scale"].requirements == ("six>=1.16",)
    assert BY_NAME["grid_parent"].requirements == ()


def test_the_modules_lambda_takes_the_largest_settings_but_of_one_that_has_its_own() -> None:
    found = {unit.name: build_plan.limits(unit.functions) for unit in units(MODULES["dates"], prefix="p-")}
    assert found == {
        "p-dates": build_plan.Limits(memory_size=1024, timeout=90),
        "p-dates_slo": build_plan.Limits(memory_size=2048, timeout=300),
    }


def test_packages_that_exclude_one_another_split_their_module() -> None:
    first, second = MODULES["stats"].images
    assert (first.image, second.image) == ("stats", "stats-2")
    assert [each.name for each in second.functions] == ["stats_scale"]
    assert second.reason == "six==1.15.0 (stats_old) and six>=1.16 (stats_scale) cannot be met together"
    assert ("six==1.15.0" in first.requirements_lock, "six==1.17.0" in second.requirements_lock) == (True, True)
    assert [requirements.stale(part) for part in (first, second)] == [None, None]


def test_a_later_root_adds_to_a_module_overrides_a_function_and_says_so(tmp_path: Path) -> None:
    catalog = open_catalog([ROOT, f"{ROOT}_more"], PROJECT)
    found = {each.name: each for each in catalog.functions if each.module == "text"}
    assert set(found) == {"text_double", "text_greet", "text_reverse", "text_shout", "text_title", "text_whisper"}
    assert found["text_title"].wrappers == found["text_double"].wrappers == ("team.functions.wrapper",)
    overriding = f"{ROOT}/text/text_double/function.yaml is overridden by {ROOT}_more/text/text_double/function.yaml"
    assert overriding in catalog.notices
    # What the images are built from: a folder with what was taken from each root, names of wrappers and locks included.
    copied = open_catalog([str(one_root(catalog, tmp_path / "functions"))], tmp_path)
    assert _shape(copied) == _shape(catalog)


def _shape(catalog: Catalog) -> list[object]:
    return [
        (part.image, build_plan.image_manifest(part), part.requirements_lock, [each.files for each in part.lambdas])
        for module in group(catalog, catalog.functions)
        for part in module.images
    ]


def test_names_of_its_own_and_other_clouds_are_told() -> None:
    assert any("'admin_other_name' is not used" in notice for notice in CATALOG.notices)
    assert any("elsewhere_only" in notice and "bigquery" in notice for notice in CATALOG.notices)


def test_what_is_said_of_many_functions_is_said_once() -> None:
    said = [notice for notice in CATALOG.notices if "lambda_name" in notice]
    assert len(said) == 1
    assert said[0].startswith("11 functions: lambda_name is not used")


def test_two_templates_cannot_make_one_name(tmp_path: Path) -> None:
    files = function("a", PLAIN) | function("b", PLAIN)
    files |= {f"functions/geo/{name}/t.sql": EXTERNAL % "__x" for name in "ab"}
    assert brief(problems(write(tmp_path, files))) == ["geo/b/function.yaml : its template makes '__x', which is a's"]


def test_a_part_that_a_library_does_not_have_is_a_problem(tmp_path: Path) -> None:
    text = "parameters: []\nreturns: int\nclouds: {redshift: {shared_libs: [data/_util.py]}}\n"
    files = function("a", text) | {"functions/_shared/python/data/_utils.py": ""}
    (found,) = problems(write(tmp_path, files))
    assert found.what == "the shared library 'data' has no '_util.py'"
    assert "data/_utils.py" in found.hint


def test_a_requirements_file_that_is_not_there_and_an_address_are_problems(tmp_path: Path) -> None:
    files = function("a") | {
        "functions/geo/a/code/lambda/python/requirements.txt": (
            "-r more.txt\n--index-url http://x\nmine @ https://example.com/mine.whl\nmine@git+ssh://example.com/mine\n"
            "mine[x] @ file:///mine\ngit+https://example.com/mine\nsix>=1 ; extra == 'a@b'\n"
        )
    }
    assert [each.what for each in problems(write(tmp_path, files))] == [
        "'more.txt' does not exist",
        "'--index-url http://x' is an option of pip",
        *(
            f"{line!r} is an address, and an address has no release that a hash could pin"
            for line in (
                "mine @ https://example.com/mine.whl",
                "mine@git+ssh://example.com/mine",
                "mine[x] @ file:///mine",
                "git+https://example.com/mine",
            )
        ),
    ]


def test_a_root_of_ones_own_adds_names_of_wrappers(tmp_path: Path) -> None:
    handler = "from our.wrap import redshift_handler\nlambda_handler = redshift_handler(len)\n"
    files = function("a", handler=handler) | {"ours/_shared/wrappers.txt": "our.wrap # what we say\n"}
    catalog = open_catalog(["functions", "ours"], write(tmp_path, files))
    assert [each.wrappers for each in catalog.functions] == [("our.wrap",)]


def test_a_wrapper_without_a_dot_could_hide_a_file_and_is_refused(tmp_path: Path) -> None:
    files = function("a") | {"functions/_shared/wrappers.txt": "\nwrap\n"}
    assert brief(problems(write(tmp_path, files))) == ["_shared/wrappers.txt:2 : 'wrap' is no dotted module name"]


def test_an_external_function_named_by_an_expression_is_refused(tmp_path: Path) -> None:
    text = EXTERNAL.replace("%s", "__{{ function_name ~ '_x' }}").replace("@@SCHEMA@@", "{{ schema }}")
    files = function("a", PLAIN) | {"functions/geo/a/t.sql": text}
    catalog = open_catalog(["functions"], write(tmp_path, files))
    (problem,) = sql.check(catalog.functions[0])
    assert problem.what == "the external function __a_x gets its name from an expression"
