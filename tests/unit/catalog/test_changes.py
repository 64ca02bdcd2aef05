"""What counts as a change, and whom it takes along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.adapters import source_record
from builder.core.catalog.changes import Changes, Source, compare, sources
from builder.core.catalog.load import load
from builder.errors import BuildError
from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from pathlib import Path

LAMBDA = "arguments: [{name: x, type: int}]\noutput: int\nclouds: {redshift: {type: lambda, shared_libs: [words]}}\n"
PLAIN = "arguments: [{name: x, type: int}]\noutput: int\nclouds: {redshift: {type: lambda}}\n"
SQL = "arguments: []\noutput: int\nclouds: {redshift: {type: sql}}\n"
RECIPE = {"Dockerfile.base": "1", "PYTHON_IMAGE": "python:3.13"}
TEMPLATES = {"create_function.sql.j2": "1"}


def read(root: Path, recipe: dict[str, str] = RECIPE, templates: dict[str, str] = TEMPLATES) -> dict[str, Source]:
    return sources(load([root / "functions"]), recipe=recipe, templates=templates)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`spoken` uses a shared library, `plain` does not, `native` is SQL."""
    native = {"functions/geo/native/function.yaml": SQL, "functions/geo/native/code/redshift.sql": "SELECT 1"}
    shared = {"functions/_shared/python/words.py": "A = 1\n"}
    packages = {file("plain/code/lambda/python/requirements.txt"): "numpy\n"}
    write(tmp_path, {**function("spoken", LAMBDA), **function("plain", PLAIN), **native, **shared, **packages})
    return tmp_path


def file(name: str) -> str:
    return f"functions/geo/{name}"


@pytest.mark.parametrize(
    ("path", "text", "changed"),
    [
        ("functions/_shared/python/words.py", "A = 2\n", ("spoken",)),
        (file("plain/README.md"), "# another\n", ()),
        (file("plain/tests/unit/cases.yaml"), "cases: []\n", ()),
        (file("plain/function.yaml"), f"description: Another.\n{PLAIN}", ()),
        (file("plain/function.yaml"), PLAIN.replace("output: int", "output: bigint"), ("plain",)),
        (file("plain/code/lambda/python/more.json"), "{}", ("plain",)),
        (file("plain/code/lambda/python/requirements.txt"), "shapely\n", ("plain",)),
        (file("native/code/redshift.sql"), "SELECT 2", ("native",)),
        ("functions/geo/requirements.lock", "numpy==2.0\n", ("plain", "spoken")),
    ],
)
def test_a_change_is_one_of_what_is_built_or_deployed(root: Path, path: str, text: str, changed: tuple[str]) -> None:
    before = read(root)
    write(root, {path: text})
    assert compare(before, read(root)) == Changes(changed=changed)


def test_the_recipe_changes_what_runs_in_an_image_and_the_templates_everything(root: Path) -> None:
    before = read(root)
    assert compare(before, read(root, {**RECIPE, "PYTHON_IMAGE": "python:3.14"})).changed == ("plain", "spoken")
    assert compare(before, read(root, {**RECIPE, "Dockerfile.base": "2"})).changed == ("plain", "spoken")
    assert compare(before, read(root, templates={"create_function.sql.j2": "2"})).changed == (
        "native",
        "plain",
        "spoken",
    )


def test_what_is_added_and_deleted_is_told_and_a_deletion_takes_its_images_others_along(root: Path) -> None:
    before = read(root)
    (root / file("plain/function.yaml")).unlink()
    for path in sorted((root / file("plain")).rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (root / file("plain")).rmdir()
    write(root, {"functions/text/loud/function.yaml": SQL, "functions/text/loud/code/redshift.sql": "SELECT 1"})

    found = compare(before, read(root))

    assert found == Changes(added=("loud",), deleted=("plain",), neighbours=("spoken",), left=(("geo", "plain"),))
    assert found.selected == {"loud", "spoken"}
    assert str(found) == "1 added (loud), 1 deleted (plain)"
    assert str(Changes()) == "nothing"


def test_what_moves_to_another_module_has_left_its_own_and_is_not_deleted() -> None:
    before = {"f": Source(module="old", kind="lambda", hash="1")}
    found = compare(before, {"f": Source(module="new", kind="lambda", hash="2")})
    assert found == Changes(changed=("f",), left=(("old", "f"),))


def test_the_record_keeps_events_apart_and_forgets_what_is_gone(tmp_path: Path) -> None:
    one = {"f": Source(module="m", kind="lambda", hash="1"), "g": Source(module="m", kind="sql", hash="1")}
    dev, prod = source_record.deployed("dev-", "dev_carto"), source_record.deployed("carto-at-", "carto")
    source_record.record(tmp_path, source_record.BUILT, one)
    source_record.record(tmp_path, dev, one)
    source_record.record(tmp_path, source_record.BUILT, {"f": Source(module="m", kind="lambda", hash="2")}, gone=["g"])

    assert source_record.read(tmp_path, source_record.BUILT) == {"f": Source(module="m", kind="lambda", hash="2")}
    assert source_record.read(tmp_path, dev) == one
    assert source_record.read(tmp_path, prod) == {}


def test_a_record_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / source_record.FILE).write_text("{", "utf-8")
    with pytest.raises(BuildError, match="cannot be read"):
        source_record.read(tmp_path, source_record.BUILT)
