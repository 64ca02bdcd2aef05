"""What `--diff` takes for a change, kind by kind, from the files that a command reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.app import App
from builder.commands._selected import sources
from builder.console import Console
from builder.core.catalog.changes import compare
from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from pathlib import Path

    from builder.core.catalog.changes import Source

LIB = "arguments: [{name: x, type: int}]\noutput: int\nclouds: {redshift: {type: lambda, shared_libs: [words]}}\n"
SQL = "arguments: []\noutput: int\nclouds: {redshift: {type: sql}}\n"
CODE = "project/functions/geo"
TREE = {
    "recipe/docker-bake.hcl": "1",
    "recipe/Dockerfile.base": "FROM python\n",
    "recipe/images/module/Dockerfile": "FROM base\n",
    "recipe/images/runtime/gateway/dispatch.py": "A = 1\n",
    "recipe/sql/create_function.sql.j2": "CREATE\n",
    f"{CODE}/native/function.yaml": SQL,
    f"{CODE}/native/code/redshift.sql": "SELECT 1",
    "project/functions/_shared/python/words.py": "A = 1\n",
    f"{CODE}/plain/code/lambda/python/requirements.txt": "numpy\n",
    **{f"project/{path}": text for path, text in {**function("spoken", LIB), **function("plain")}.items()},
}


def read(root: Path, **environ: str) -> dict[str, Source]:
    project = root / "project"
    app = App(console=Console(), project=project, state=project / ".builder", environ=environ)
    return sources(app, app.catalog, root / "recipe")


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("project/functions/_shared/python/words.py", "spoken"),
        ("recipe/sql/create_function.sql.j2", "native plain spoken"),
        (f"{CODE}/native/code/redshift.sql", "native"),
        (f"{CODE}/plain/code/lambda/python/handler.py", "plain"),
        (f"{CODE}/plain/code/lambda/python/requirements.txt", "plain"),
        ("project/functions/geo/requirements.lock", "plain spoken"),
        ("recipe/Dockerfile.base", "plain spoken"),
        ("recipe/docker-bake.hcl", "plain spoken"),
        ("recipe/images/module/Dockerfile", "plain spoken"),
        ("recipe/images/runtime/gateway/dispatch.py", "plain spoken"),
        (f"{CODE}/plain/README.md", ""),
    ],
)
def test_each_kind_of_file_concerns_its_functions_and_no_others(tmp_path: Path, path: str, changed: str) -> None:
    write(tmp_path, TREE)
    before = read(tmp_path)
    assert compare(before, read(tmp_path)).selected == set()
    whole = {"requirements.txt": "scipy\n", "redshift.sql": "SELECT 2"}.get(path.rpartition("/")[2])
    write(tmp_path, {path: whole or TREE.get(path, "") + "# more\n"})
    assert compare(before, read(tmp_path)).selected == set(changed.split())


def test_another_python_image_concerns_all_that_stands_on_it(tmp_path: Path) -> None:
    write(tmp_path, TREE)
    before = read(tmp_path)
    assert compare(before, read(tmp_path, PYTHON_IMAGE="python:3.13.9-slim")).changed == ("plain", "spoken")
    # As scripts/setup-host.sh records it.
    write(tmp_path, {"project/.builder/python-image": "python@sha256:0\n"})
    assert compare(before, read(tmp_path)).changed == ("plain", "spoken")
