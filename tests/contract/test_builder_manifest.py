"""What the builder writes is what the schema says and what the runtime reads: for our catalogue and for every type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from gateway import manifest

from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.catalog.types import GENERIC, redshift_type
from builder.core.images import build_plan
from builder.model import Function, Module, Parameter

HERE = Path(__file__).parent
SCHEMA = json.loads((HERE / "manifest.schema.json").read_text(encoding="utf-8"))
CATALOG = open_catalog(("functions",), HERE.parents[1])
OURS = [module for module in group(CATALOG, CATALOG.functions) if module.lambdas]
TYPES = [
    *GENERIC,
    *("SMALLINT", "DECIMAL", "NUMERIC(38,37)", "CHAR", "CHAR(10)", "VARCHAR(20)", "VARBYTE(100)"),
    *("DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIME", "TIMETZ"),
]


def checked(document: dict[str, Any], path: Path) -> manifest.Manifest:
    jsonschema.validate(document, SCHEMA)
    return manifest.parse(json.loads(json.dumps(document)), path=str(path))


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.name)
def test_our_modules(module: Module, tmp_path: Path) -> None:
    read = checked(build_plan.image_manifest(module), tmp_path / "manifest.json")
    assert [entry.name for entry in read.functions] == sorted(function.name for function in module.lambdas)
    for entry in checked(build_plan.source_manifest(module), tmp_path / "manifest.json").functions:
        assert Path(entry.root, f"{entry.module}.py").is_file()
        assert all(Path(folder).exists() for _, folder in entry.shared_libs)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_that_function_yaml_takes(name: str, tmp_path: Path) -> None:
    type_ = redshift_type(name)
    function = Function(
        name="f",
        module="m",
        root="functions/m/f",
        kind="lambda",
        parameters=(Parameter(name="x", type=type_),),
        returns=type_,
    )
    (entry,) = checked(
        build_plan.image_manifest(Module(name="m", functions=(function,))), tmp_path / "manifest.json"
    ).functions
    assert (entry.arguments[0].name, entry.returns.name) == (type_, type_)


def test_a_function_of_another_catalogue(tmp_path: Path) -> None:
    function = Function(
        name="f",
        module="m",
        root="functions/m/f",
        kind="lambda",
        parameters=(),
        returns="",
        sql="CREATE OR REPLACE EXTERNAL FUNCTION @@SCHEMA@@.__F (BIGINT) RETURNS BIGINT STABLE LAMBDA 'x'",
        template=True,
        wrappers=("carto.lambda_wrapper",),
    )
    document = build_plan.image_manifest(Module(name="m", functions=(function,)))
    (entry,) = checked(document, tmp_path / "manifest.json").functions
    assert document["functions"][0]["untyped"] is True
    assert document["functions"][0]["wrappers"] == ["carto.lambda_wrapper"]
    assert entry.sql_names == ("f", "f_external", "__f")
