"""Which Lambda functions a module's functions are deployed as, what they are called, and which image each runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.core.catalog import part_locks
from builder.core.catalog.load import load
from builder.core.catalog.modules import group
from builder.core.catalog.units import Unit, every, units
from builder.errors import CatalogError
from builder.model import Config, Function, Module
from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from pathlib import Path

    from builder.core.catalog.units import Mode


def a_function(name: str, *, own: bool | None = None, lambda_name: str | None = None) -> Function:
    return Function(
        name=name,
        module="stats",
        root=f"functions/stats/{name}",
        kind="lambda",
        parameters=(),
        returns="BIGINT",
        lambda_name=lambda_name,
        config=Config(own_lambda=own),
    )


MEAN, COUNT, RANK = a_function("mean"), a_function("count", own=True), a_function("rank", lambda_name="rk")
NATIVE = replace(a_function("native"), kind="sql", sql="SELECT 1")
STATS = Module(name="stats", functions=(COUNT, MEAN, NATIVE, RANK))
SPLIT = replace(
    STATS,
    parts=(
        replace(STATS, functions=(COUNT, MEAN, NATIVE)),
        replace(STATS, functions=(RANK,), group="2", reason="because"),
    ),
)


def told(found: tuple[Unit, ...]) -> list[tuple[str, str, list[str]]]:
    return [(unit.name, unit.image, [each.name for each in unit.functions]) for unit in found]


def test_a_module_is_one_lambda_but_for_functions_that_ask_for_their_own() -> None:
    assert told(units(STATS, prefix="p-")) == [
        ("p-stats", "stats", ["mean", "rank"]),
        ("p-count", "stats", ["count"]),
    ]


def test_each_function_has_its_own_in_the_other_mode_under_the_name_that_it_had() -> None:
    assert told(units(STATS, prefix="p-", mode="function")) == [
        ("p-count", "stats", ["count"]),
        ("p-mean", "stats", ["mean"]),
        ("p-rk", "stats", ["rank"]),
    ]


def test_a_function_may_stay_with_its_module_in_the_other_mode() -> None:
    shy = replace(STATS, functions=(a_function("a", own=False), a_function("b", own=False), MEAN))
    assert told(units(shy, prefix="p-", mode="function")) == [
        ("p-stats", "stats", ["a", "b"]),
        ("p-mean", "stats", ["mean"]),
    ]


def test_a_name_that_has_the_prefix_already_gets_no_second_one() -> None:
    module = Module(name="stats", functions=(a_function("mean", own=True, lambda_name="p-mean-v2"),))
    assert told(units(module, prefix="p-")) == [("p-mean-v2", "stats", ["mean"])]


@pytest.mark.parametrize("mode", ["module", "function"])
def test_a_module_that_is_split_has_a_lambda_for_each_image(mode: Mode) -> None:
    found = told(units(SPLIT, prefix="p-", mode=mode))
    assert {name: image for name, image, _ in found} == (
        {"p-stats": "stats", "p-stats-2": "stats-2", "p-count": "stats"}
        if mode == "module"
        else {"p-count": "stats", "p-mean": "stats", "p-rk": "stats-2"}
    )


def test_a_removal_looks_for_the_lambdas_of_both_modes() -> None:
    found = every(SPLIT, prefix="p-")
    names = {"p-stats", "p-stats-2", "p-count", "p-mean", "p-rk"}
    assert {unit.name for unit in found if not unit.moved} == names
    # And under the names that they have where a zip function is in the way.
    assert {unit.name for unit in found if unit.moved} == {f"{name}-image" for name in names}


LOCK = (
    f"# inputs: sha256:{0:064x}\n{part_locks.header(['rank'], 'numpy<2 (rank) and numpy>=2 (mean): no')}numpy==1.26.4\n"
)
YAML = "arguments: []\noutput: int\nclouds: {redshift: {}}\n"


def stats(folder: Path, extra: dict[str, str] | None = None) -> Path:
    needy = {f"functions/stats/{name}/code/lambda/python/requirements.txt": "numpy\n" for name in ("mean", "rank")}
    files = {
        **function("mean", YAML, module="stats"),
        **function("rank", YAML, module="stats"),
        **needy,
        "functions/stats/requirements.lock": "numpy==2.2.6\n",
        "functions/stats/requirements.2.lock": LOCK,
    }
    return write(folder, {**files, **(extra or {})}) / "functions"


def test_a_partition_is_read_from_the_locks(tmp_path: Path) -> None:
    catalog = load([stats(tmp_path)], base=tmp_path)
    (module,) = group(catalog, catalog.functions)
    assert [(part.image, [each.name for each in part.functions]) for part in module.images] == [
        ("stats", ["mean"]),
        ("stats-2", ["rank"]),
    ]
    first, second = module.images
    assert (first.requirements_lock, second.requirements_lock) == ("numpy==2.2.6\n", LOCK)
    assert second.reason == "numpy<2 (rank) and numpy>=2 (mean): no"


def test_a_later_root_with_a_lock_of_its_own_takes_the_whole_partition(tmp_path: Path) -> None:
    stats(tmp_path)
    write(tmp_path, {"ours/stats/requirements.lock": "numpy==2.3.0\n", "ours/_shared/wrappers.txt": ""})
    catalog = load([tmp_path / "functions", tmp_path / "ours"], base=tmp_path)
    assert catalog.requirements_locks == (("stats", "numpy==2.3.0\n"),)
    assert catalog.part_locks == ()


def test_two_lambdas_of_one_name_are_refused(tmp_path: Path) -> None:
    # A module that is called as another's second image; a function that is called as its module.
    own = "arguments: []\noutput: int\nclouds: {redshift: {lambda_name: Stats, config: {own_lambda: true}}}\n"
    extra = {**function("other", YAML, module="stats-2"), **function("more", own.replace("Stats", "stats"))}
    stats(tmp_path, extra)
    with pytest.raises(CatalogError) as caught:
        load([tmp_path / "functions"], base=tmp_path, prefix="p-")
    assert sorted(problem.what for problem in caught.value.problems) == [
        "two Lambda functions would be named 'p-stats': of function more and of module stats",
        "two Lambda functions would be named 'p-stats-2': of a further image of module stats and of module stats-2",
    ]


def test_a_name_of_its_own_is_measured_where_it_is_used(tmp_path: Path) -> None:
    files = function("long", f"arguments: []\noutput: int\nclouds: {{redshift: {{lambda_name: {'n' * 63}}}}}\n")
    write(tmp_path, files)
    assert load([tmp_path / "functions"], base=tmp_path, prefix="p-").functions
    with pytest.raises(CatalogError, match="has 65 characters"):
        load([tmp_path / "functions"], base=tmp_path, prefix="p-", mode="function")
