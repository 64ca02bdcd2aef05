"""What goes into an image, under which names, and what makes it another image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.core.images import build_plan
from builder.model import Config, SharedLib
from tests.unit.build.samples import BBOX, CELLS, POLYFILL, QUADBIN, a_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from builder.model import Module

RECIPE = {"Dockerfile.base": "1" * 64}
VARIABLES = {"PYTHON_IMAGE": "python:3.13-slim-trixie"}


def test_the_manifest_is_the_one_of_the_architecture() -> None:
    # docs/architecture.md, "The runtime and its manifest".
    manifest = build_plan.image_manifest(QUADBIN)
    assert manifest["version"] == 1
    assert manifest["module"] == "quadbin"
    assert manifest["functions"][1] == {
        "name": "quadbin_polyfill",
        "sql_names": ["quadbin_polyfill", "quadbin_polyfill_external"],
        "root": "functions/quadbin_polyfill",
        "handler": "handler.lambda_handler",
        "arguments": ["GEOMETRY", "INTEGER"],
        "returns": "SUPER",
        "shared_libs": {"cells": "shared/cells"},
    }


def test_a_sql_function_is_not_in_the_image() -> None:
    assert [function["name"] for function in build_plan.image_manifest(QUADBIN)["functions"]] == [
        "quadbin_bbox",
        "quadbin_polyfill",
    ]
    assert not [file for file in build_plan.staged(QUADBIN) if "quadbin_resolution" in file.target]


def test_the_source_manifest_leads_to_the_catalogues_own_folders() -> None:
    bbox, polyfill = build_plan.source_manifest(QUADBIN)["functions"]
    assert bbox["root"] == "functions/quadbin/quadbin_bbox/code/python"
    assert polyfill["root"] == "functions/quadbin/quadbin_polyfill/code/lambda/python"
    assert polyfill["shared_libs"] == {"cells": "functions/_shared/python/cells"}


def test_every_file_is_staged_in_its_layer() -> None:
    assert [(file.layer, file.source, file.target) for file in build_plan.staged(QUADBIN)] == [
        (
            "functions",
            "functions/quadbin/quadbin_bbox/code/python/handler.py",
            "var/task/functions/quadbin_bbox/handler.py",
        ),
        (
            "functions",
            "functions/quadbin/quadbin_polyfill/code/lambda/python/handler.py",
            "var/task/functions/quadbin_polyfill/handler.py",
        ),
        (
            "functions",
            "functions/quadbin/quadbin_polyfill/code/lambda/python/tables/units.csv",
            "var/task/functions/quadbin_polyfill/tables/units.csv",
        ),
        ("shared", "functions/_shared/python/cells/__init__.py", "var/task/shared/cells/__init__.py"),
    ]


def test_a_library_of_one_file_becomes_a_package() -> None:
    words = SharedLib(name="words", root="functions/_shared/python/words.py", files=(a_file("__init__.py"),))
    (staged,) = build_plan.staged(replace(QUADBIN, functions=(), shared_libs=(words,)))
    assert (staged.source, staged.target) == (
        "functions/_shared/python/words.py",
        "var/task/shared/words/__init__.py",
    )


def a_hash(
    module: Module = QUADBIN, recipe: Mapping[str, str] = RECIPE, variables: Mapping[str, str] = VARIABLES
) -> str:
    return build_plan.content_hash(module, recipe=recipe, variables=variables)


@pytest.mark.parametrize(
    "changed",
    [
        a_hash(replace(QUADBIN, functions=(BBOX, replace(POLYFILL, files=(a_file("handler.py", b"#"),))))),
        a_hash(replace(QUADBIN, functions=(BBOX, replace(POLYFILL, returns="BIGINT")))),
        a_hash(replace(QUADBIN, functions=(BBOX, replace(POLYFILL, config=Config(handler="main.run"))))),
        a_hash(replace(QUADBIN, shared_libs=(replace(CELLS, files=(a_file("__init__.py", b"#"),)),))),
        a_hash(replace(QUADBIN, requirements_lock="numpy==2.2.6")),
        a_hash(replace(QUADBIN, name="other")),
        a_hash(recipe={"Dockerfile.base": "2" * 64}),
        a_hash(recipe={}),
        a_hash(variables={"PYTHON_IMAGE": "toolbox-python:3.13-trixie"}),
    ],
    ids=["handler", "type", "entry", "library", "requirements", "module", "recipe", "no recipe", "python image"],
)
def test_what_decides_the_image_decides_the_content_hash(changed: str) -> None:
    assert changed != a_hash()


def test_the_content_hash_knows_neither_place_nor_order_nor_memory() -> None:
    moved = replace(POLYFILL, root="elsewhere/quadbin_polyfill", config=Config(memory_size=2048), description="new")
    assert a_hash(replace(QUADBIN, functions=(moved, BBOX))) == a_hash()


def test_a_modules_lambda_gets_the_most_that_a_function_asks_for() -> None:
    assert build_plan.limits(QUADBIN.lambdas) == build_plan.Limits(memory_size=1024, timeout=120)
    assert build_plan.limits(()) == build_plan.Limits(memory_size=512, timeout=60)


def test_the_command_line_of_a_bake() -> None:
    assert build_plan.bake_command(bake_file="docker-bake.hcl", targets=["h3", "quadbin"], no_cache=True) == [
        *("docker", "buildx", "bake", "--file", "docker-bake.hcl", "--progress", "plain", "--no-cache"),
        *("h3", "quadbin"),
    ]


@pytest.mark.parametrize(("python_image", "added"), [(None, {}), ("p:1", {"PYTHON_IMAGE": "p:1"})])
def test_what_varies_travels_in_the_environment(python_image: str | None, added: dict[str, str]) -> None:
    environ = build_plan.bake_environment(
        modules=["h3", "quadbin"], prefix="dev-", functions="/catalogue", package="/builder", python_image=python_image
    )
    given = {"MODULES": "h3,quadbin", "PREFIX": "dev-", "FUNCTIONS": "/catalogue", "BUILDER": "/builder"}
    assert environ == given | {"PLATFORM": "linux/amd64"} | added
