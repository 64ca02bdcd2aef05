"""The golden manifests fit the schema and the runtime reads them; what the one refuses, the other refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from gateway import manifest
from gateway.errors import ManifestError

HERE = Path(__file__).parent
SCHEMA = json.loads((HERE / "manifest.schema.json").read_text())
GOLDEN = sorted((HERE / "manifests").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_manifest_is_valid_and_read_whole(path: Path) -> None:
    document = json.loads(path.read_text())
    jsonschema.validate(document, SCHEMA)
    found = manifest.read(str(path))
    assert found.module == document["module"]
    for function, entry in zip(found.functions, document["functions"], strict=True):
        assert function.name == entry["name"]
        assert list(function.sql_names) == entry["sql_names"]
        assert f"{function.module}.{function.attribute}" == entry["handler"]
        assert [wire.name for wire in function.arguments] == entry["arguments"]
        assert function.returns.name == entry["returns"]
        assert function.root == str(path.parent / entry["root"])
        assert dict(function.shared_libs) == {k: str(path.parent / v) for k, v in entry["shared_libs"].items()}


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"root": ""},
        {"handler": "handler"},
        {"arguments": ["STRING"]},
        {"arguments": "BIGINT"},
        {"returns": "HLLSKETCH"},
        {"sql_names": "name"},
        {"shared_libs": ["cells"]},
    ],
)
def test_schema_and_runtime_refuse_the_same(change: dict[str, Any]) -> None:
    document = json.loads(GOLDEN[0].read_text())
    document["functions"][0].update(change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)
    with pytest.raises(ManifestError):
        manifest.parse(document, path="manifest.json")
