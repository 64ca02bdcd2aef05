"""What a good catalogue becomes: tests/data/catalogs/small, read by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

from builder.core.catalog.load import load, open_catalog
from builder.model import Catalog, Example, Function, Parameter
from tests.unit.catalog.trees import DATA, HANDLER, function, write


def small(*roots: str) -> Catalog:
    return open_catalog(roots or ("small",), DATA, prefix="carto-at-")


def named(name: str, catalog: Catalog | None = None) -> Function:
    return next(each for each in (catalog or small()).functions if each.name == name)


def test_functions_come_by_module_and_name() -> None:
    assert [(each.module, each.name, each.kind) for each in small().functions] == [
        ("geo", "__double", "sql"),
        ("geo", "area", "lambda"),
        ("text", "shout", "lambda"),
    ]


def test_a_lambda_function() -> None:
    area = named("area")
    assert area.parameters == (
        Parameter(name="geom", type="GEOMETRY", description="The polygon."),
        Parameter(name="unit", type="VARCHAR(MAX)", description="m2, km2 or ha."),
    )
    assert (area.returns, area.status, area.author) == ("DOUBLE PRECISION", "beta", "The geometers")
    assert area.description == "The area of a polygon.\n\nIn the unit that is named."
    assert area.requirements == ("shapely>=2.1,<3", "numpy>=2")
    assert area.shared_libs == ("units", "words")


def test_sizes_are_bytes_and_words_of_sql_are_lower_case() -> None:
    config = named("area").config
    assert (config.memory_size, config.timeout, config.max_batch_rows) == (512, 60, 1000)
    assert config.max_batch_size == 4 * 1024 * 1024
    assert config.volatility == "stable"


def test_an_example_without_sql_is_made_of_its_arguments() -> None:
    assert named("area").examples == (
        Example(description="A field", sql="SELECT carto.AREA(geom, 'ha') FROM fields", output="12.5"),
        Example(sql="SELECT carto.AREA(ST_POINT(0, 0), NULL)", output="0"),
    )


def test_the_code_folder_is_recorded_file_by_file_without_the_requirements() -> None:
    area = named("area")
    folder = Path(area.root) / area.code
    assert [each.path for each in area.files] == ["handler.py", "tables/units.csv"]
    for file in area.files:
        content = (folder / file.path).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_droppings_are_no_code(tmp_path: Path) -> None:
    code = "functions/geo/area/code/lambda/python"
    droppings = [
        "__pycache__/handler.cpython-311.pyc",
        "handler.pyc",
        "handler.py~",
        ".handler.py.swp",
        ".env",
        "#h.py#",
    ]
    write(tmp_path, {**function("area"), **{f"{code}/{name}": "x" for name in droppings}})
    assert [each.path for each in load([tmp_path / "functions"]).functions[0].files] == ["handler.py"]


def test_a_sql_function_holds_its_body() -> None:
    double = named("__double")
    assert (double.sql, double.template, double.files, double.private) == ("SELECT $1 * 2\n", False, (), True)
    assert double.config.volatility == "immutable"


def test_redshifts_own_signature_wins_and_keeps_the_generic_words() -> None:
    shout = named("shout")
    assert shout.parameters == (Parameter(name="text", type="VARCHAR(200)", description="What to shout."),)
    assert shout.returns == "VARCHAR(400)"
    assert shout.config.handler == "loud.shout"


def test_the_handler_is_the_code_files_own(tmp_path: Path) -> None:
    text = "arguments: []\noutput: int\nclouds: {redshift: {code_file: src/main.py}}\n"
    write(tmp_path, {"functions/geo/one/function.yaml": text, "functions/geo/one/src/main.py": HANDLER})
    one = load([tmp_path / "functions"]).functions[0]
    assert (one.config.handler, one.code, one.files[0].path) == ("main.lambda_handler", "src", "main.py")


def test_the_folders_name_is_the_functions_in_lower_case(tmp_path: Path) -> None:
    write(tmp_path, function("Area"))
    assert load([tmp_path / "functions"]).functions[0].name == "area"


def test_shared_libraries_are_folders_or_single_files() -> None:
    units, words = small().shared_libs
    assert (units.name, [each.path for each in units.files]) == ("units", ["__init__.py"])
    assert (words.name, [each.path for each in words.files]) == ("words", ["__init__.py"])
    assert Path(words.root).read_text(encoding="utf-8") == 'UNIT = "unit"\n'


def test_locks_are_read_by_module() -> None:
    assert small().requirements_locks == (("geo", "shapely==2.1.2 --hash=sha256:00\n"),)


def test_a_later_root_overrides_aloud() -> None:
    catalog = small("small", "override")
    assert named("shout", catalog).description == "In capitals, and with a mark."
    assert len(catalog.functions) == 3
    assert Path(catalog.shared_libs[1].root).read_text(encoding="utf-8") == 'UNIT = "Einheit"\n'
    assert catalog.notices == (
        "small/text/shout/function.yaml is overridden by override/text/shout/function.yaml",
        "the shared library words is overridden by override/_shared/python/words.py",
    )


def test_the_same_root_twice_is_one() -> None:
    assert small("small", "small") == Catalog(**{**vars(small()), "roots": (str(DATA / "small"),) * 2})


def test_a_function_for_other_warehouses_only_is_left_out_aloud(tmp_path: Path) -> None:
    text = "arguments: []\noutput: int\nclouds: {snowflake: {type: python}, bigquery: {}}\n"
    write(tmp_path, {**function("area"), "functions/geo/other/function.yaml": text})
    catalog = load([tmp_path / "functions"], base=tmp_path)
    assert [each.name for each in catalog.functions] == ["area"]
    assert catalog.notices == ("functions/geo/other/function.yaml is for snowflake, bigquery only: left out",)


def test_a_template_takes_the_place_of_generated_sql(tmp_path: Path) -> None:
    text = "arguments: []\noutput: int\nclouds: {redshift: {type: sql, external_function_template: code/all.sql}}\n"
    write(tmp_path, {"functions/geo/one/function.yaml": text, "functions/geo/one/code/all.sql": "CREATE ..."})
    one = load([tmp_path / "functions"]).functions[0]
    assert (one.kind, one.template, one.sql) == ("sql", True, "CREATE ...")


def test_loading_twice_gives_the_same_value() -> None:
    assert small() == small()


def test_our_own_catalogue_has_no_problems() -> None:
    catalog = open_catalog(["functions"], DATA.parents[2], prefix="carto-at-")
    assert {function.module for function in catalog.functions} >= {"quadbin"}
    assert catalog.notices == ()


def test_keys_without_effect_are_read_and_said(tmp_path: Path) -> None:
    text = "arguments: []\noutput: int\nclouds: {redshift: {lambda_name: a, config: {runtime: python3.10}}}\n"
    same = "arguments: []\noutput: int\nclouds: {redshift: {config: {runtime: python3.13}}}\n"
    write(tmp_path, {**function("area", text), **function("same", same)})
    assert load([tmp_path / "functions"], base=tmp_path).notices == (
        "functions/geo/area/function.yaml: lambda_name is not used: the functions of a module share its Lambda",
        "functions/geo/area/function.yaml: runtime python3.10 is not used: every image has python3.13",
    )
