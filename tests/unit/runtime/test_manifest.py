"""The manifest: what is read, and every problem of a broken one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from gateway import manifest
from gateway.errors import ManifestError
from gateway.families import wire_type

if TYPE_CHECKING:
    from pathlib import Path

FUNCTION: dict[str, Any] = {
    "name": "quadbin_polyfill",
    "sql_names": ["quadbin_polyfill", "QUADBIN_POLYFILL_EXTERNAL"],
    "root": "functions/quadbin_polyfill",
    "handler": "code.handler.lambda_handler",
    "arguments": ["GEOMETRY", "INTEGER"],
    "returns": "SUPER",
    "shared_libs": {"cells": "shared/cells"},
}


def read(folder: Path, *functions: Any, **fields: Any) -> manifest.Manifest:
    document = {"version": 1, "module": "quadbin", "functions": list(functions), **fields}
    path = folder / "manifest.json"
    path.write_text(json.dumps(document))
    return manifest.read(str(path))


def test_paths_are_relative_to_the_manifest(tmp_path: Path) -> None:
    found = read(tmp_path, FUNCTION)
    (function,) = found.functions
    assert found.module == "quadbin"
    assert found.packages == str(tmp_path / "packages")
    assert function.root == str(tmp_path / "functions/quadbin_polyfill")
    assert function.shared_libs == (("cells", str(tmp_path / "shared/cells")),)
    assert (function.module, function.attribute) == ("code.handler", "lambda_handler")
    assert function.sql_names == ("quadbin_polyfill", "quadbin_polyfill_external")
    assert [wire.family for wire in (*function.arguments, function.returns)] == ["spatial", "integer", "super"]


def test_absolute_paths_stay(tmp_path: Path) -> None:
    assert read(tmp_path, {**FUNCTION, "root": "/elsewhere/f"}).functions[0].root == "/elsewhere/f"


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_an_unknown_version_is_refused(tmp_path: Path, version: Any) -> None:
    with pytest.raises(ManifestError, match=r"manifest.json: version .* is not known; this runtime reads 1"):
        read(tmp_path, FUNCTION, version=version)


@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(ManifestError, match=r"manifest.json: "):
        manifest.read(str(path))


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"absent.json: the manifest cannot be read: No such file"):
        manifest.read(str(tmp_path / "absent.json"))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    broken = {"name": "", "sql_names": "x", "handler": "handler", "arguments": ["INTEGRE"], "shared_libs": {"a": "b"}}
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, broken, 7, FUNCTION, {**FUNCTION, "name": "other"}, module=None)
    told = str(caught.value)
    for part in (
        "module: None is not a text",
        "functions[0].name: '' is not a text",
        "functions[0].sql_names: 'x' is not a list",
        "functions[0].root: is missing",
        "functions[0].returns: is missing",
        "functions[0].handler: 'handler' is not of the form module.function",
        "functions[0].arguments[0]: 'INTEGRE' is not a Redshift type",
        "functions[0].shared_libs.a: its folder 'b' must be called 'a'",
        "functions[1]: 7 is not an object",
        "'quadbin_polyfill' is claimed by quadbin_polyfill and by other",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("name", "family", "limit"),
    [
        ("VARCHAR(MAX)", "text", 65_535),
        ("varchar(20)", "text", 20),
        ("CHARACTER  VARYING ( 7 )", "text", 7),
        ("VARCHAR", "text", 65_535),
        ("TEXT", "text", 256),
        ("CHAR(3)", "text", 3),
        ("DECIMAL(18, 3)", "decimal", 65_535),
        ("double precision", "float", 65_535),
        ("TIMESTAMP WITH TIME ZONE", "timestamp", 65_535),
        ("VARBYTE(100)", "bytes", 65_535),
    ],
)
def test_types_as_redshift_spells_them(name: str, family: str, limit: int) -> None:
    found = wire_type(name)
    assert (found.family, found.limit) == (family, limit)


@pytest.mark.parametrize("name", ["", "STRING", "VARCHAR(20", "INT]", "HLLSKETCH"])
def test_other_types_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a Redshift type"):
        wire_type(name)
