"""Locks written over a resolver in memory: what is resolved, what is written, what goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.adapters.resolver import UnmetError
from builder.core.catalog.load import load
from builder.core.catalog.modules import group
from builder.core.images import requirements
from builder.errors import CatalogError
from builder.lock import lock
from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from builder.model import Module

YAML = "arguments: []\noutput: int\nclouds: {redshift: {}}\n"


class FakeResolver:
    """Pins each line at the version it names, and meets none of `excluding` together."""

    def __init__(self, *excluding: Sequence[str]) -> None:
        self.excluding = [frozenset(each) for each in excluding]

    def resolve(self, lines: Sequence[str], *, current: str = "", upgrade: bool = False) -> str:
        del current, upgrade
        if complaint := self.complaint(lines):
            raise UnmetError(complaint)
        return "".join(f"{line} --hash=sha256:{len(line):064}\n" for line in lines)

    def complaint(self, lines: Sequence[str]) -> str | None:
        return next((f"not {sorted(each)}" for each in self.excluding if each <= set(lines)), None)


def read(folder: Path) -> Module:
    catalog = load([folder / "functions"], base=folder)
    (module,) = group(catalog, catalog.functions)
    return module


def asking(folder: Path, **asked: str) -> Module:
    for name, lines in asked.items():
        files = function(name, YAML, module="m")
        write(folder, {**files, f"functions/m/{name}/code/lambda/python/requirements.txt": f"{lines}\n"})
    return read(folder)


def locked(folder: Path, module: Module, *excluding: Sequence[str], split: bool = True) -> set[str]:
    lock(module, folder / "functions/m", FakeResolver(*excluding), split=split)  # type: ignore[arg-type]
    return {path.name for path in (folder / "functions/m").iterdir() if path.is_file()}


def test_what_is_written_is_read_again_as_the_same_partition(tmp_path: Path) -> None:
    module = asking(tmp_path, a="x==1", b="x==2", c="y==1", d="")
    assert locked(tmp_path, module, ["x==1", "x==2"]) == {"requirements.lock", "requirements.2.lock"}
    found = read(tmp_path)
    assert [(part.image, [each.name for each in part.functions]) for part in found.images] == [
        ("m", ["a", "c", "d"]),
        ("m-2", ["b"]),
    ]
    assert [requirements.stale(part) for part in found.images] == [None, None]
    assert found.parts[1].reason == "x==1 (a) and x==2 (b) cannot be met together"


def test_a_module_that_was_never_split_has_the_lock_that_it_had(tmp_path: Path) -> None:
    module = asking(tmp_path, a="x==1", c="y==1")
    assert locked(tmp_path, module) == {"requirements.lock"}
    text = read(tmp_path).requirements_lock
    assert text.splitlines()[0] == "# What the functions of m need, for Python 3.13 on x86_64-manylinux_2_28."
    assert len([line for line in text.splitlines() if line.startswith("#")]) == 3


def test_a_changed_function_makes_its_own_part_stale_and_no_other(tmp_path: Path) -> None:
    locked(tmp_path, asking(tmp_path, a="x==1", b="x==2"), ["x==1", "x==2"])
    changed = asking(tmp_path, b="x==3")
    assert [bool(requirements.stale(part)) for part in changed.images] == [False, True]


def test_locks_that_are_not_needed_any_more_go(tmp_path: Path) -> None:
    locked(tmp_path, asking(tmp_path, a="x==1", b="x==2", c="x==3"), ["x==1", "x==2"], ["x==1", "x==3"], ["x==2", "x==3"])
    assert len(read(tmp_path).images) == 3
    assert locked(tmp_path, asking(tmp_path, c="y==1"), ["x==1", "x==2"]) == {"requirements.lock", "requirements.2.lock"}
    assert locked(tmp_path, asking(tmp_path, b="y==1"), ["x==1", "x==2"]) == {"requirements.lock"}


def test_without_splitting_the_functions_and_their_lines_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    module = asking(tmp_path, a="x==1", b="y==1", c="z==1")
    with pytest.raises(CatalogError) as caught:
        locked(tmp_path, module, ["x==1", "y==1", "z==1"], split=False)
    (problem,) = caught.value.problems
    assert problem.what.startswith("x==1 (a), y==1 (b) and z==1 (c) cannot be met together: not ")
    assert not list((tmp_path / "functions/m").glob("*.lock"))


def test_a_function_that_excludes_itself_is_told_apart(tmp_path: Path) -> None:
    module = asking(tmp_path, a="x==1", b="x==1\nx==2")
    with pytest.raises(CatalogError) as caught:
        locked(tmp_path, module, ["x==1", "x==2"])
    (problem,) = caught.value.problems
    assert problem.what.startswith("x==1 (b) and x==2 (b) cannot be met together")
    assert problem.hint == "correct the function's requirements"
