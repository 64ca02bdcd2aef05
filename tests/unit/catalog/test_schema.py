"""The JSON Schema that editors use says what the loader says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from builder.core.catalog.function_file import json_schema

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "docs" / "function.schema.json"
FILES = [*ROOT.glob("functions/*/*/function.yaml"), *ROOT.glob("tests/data/catalogs/*/*/*/function.yaml")]


def valid(document: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(json_schema()).is_valid(document))


def test_the_committed_schema_is_the_models() -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert committed == json_schema(), "write it again: builder schema > docs/function.schema.json"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_function_of_ours_is_valid(path: Path) -> None:
    assert valid(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "change",
    [
        {"autor": "me"},
        {"clouds": {"redshift": {"config": {"timeout": 901}}}},
        {"clouds": {"redshift": {"config": {"memory_size": "512"}}}},
        {"clouds": {"redshift": {"type": "glue"}}},
        {"arguments": [{"name": "a"}]},
        {"output": {"type": 1}},
    ],
)
def test_an_editor_sees_what_the_loader_refuses(change: dict[str, Any]) -> None:
    good = {"arguments": [{"name": "a", "type": "int"}], "output": "int", "clouds": {"redshift": {}}}
    assert valid(good)
    assert not valid({**good, **change})


def test_other_clouds_are_left_alone() -> None:
    assert valid({"clouds": {"redshift": {}, "snowflake": {"type": ["whatever"]}}})
