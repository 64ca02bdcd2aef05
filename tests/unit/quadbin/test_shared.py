"""The shared libraries by themselves: text, and intervals against sets of cells."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).resolve().parents[3] / "functions" / "_shared" / "python"


@pytest.fixture(scope="module")
def lib() -> Iterator[Any]:
    """`lib` as handlers know it: the shared libraries as its packages."""
    package = ModuleType("lib")
    package.__path__ = [str(SHARED)]
    sys.modules["lib"] = package
    yield lambda name: importlib.import_module(f"lib.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == "lib"]:
        del sys.modules[name]


@given(
    rows=st.one_of(
        st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5), max_size=6),
        st.lists(st.lists(st.integers(10**18, 2**63 - 1), max_size=5), max_size=6),
    )
)
def test_lists_of_ids_are_cut_where_the_rows_end(lib: Any, rows: list[list[int]]) -> None:
    run = np.array([number for row in rows for number in row], dtype=np.int64)
    texts = lib("rows.text").id_lists(run, [len(row) for row in rows])
    assert [json.loads(text) for text in texts] == rows


@given(rows=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), max_size=5))
def test_rows_of_numbers_keep_every_digit(lib: Any, rows: list[tuple[float, ...]]) -> None:
    texts = lib("rows.text").json_rows(np.array(rows, dtype=np.float64).reshape(-1, 3))
    assert [tuple(json.loads(text)) for text in texts] == rows


INTERVAL = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 20), st.integers(0, 9))


@given(intervals=st.lists(INTERVAL, max_size=25))
def test_merged_intervals_hold_the_same_cells_each_once(lib: Any, intervals: list[tuple[int, ...]]) -> None:
    shape, y, low, length = np.array(intervals, dtype=np.int64).reshape(-1, 4).T
    found = lib("covering.intervals").Intervals(shape=shape, y=y, low=low, high=low + length).merge()
    cells = list(zip(*(column.tolist() for column in found.expand()), strict=True))
    expected = {(s, row, x) for s, row, first, more in intervals for x in range(first, first + more + 1)}
    assert cells == sorted(expected)
    assert found.counts(3).tolist() == [sum(cell[0] == s for cell in expected) for s in range(3)]


def test_the_last_column_of_the_finest_resolution_does_not_reach_the_next_row(lib: Any) -> None:
    ends = np.array([2**26 - 1, 0])
    found = lib("covering.intervals").Intervals(
        shape=np.array([0, 0]), y=np.array([2**26 - 2, 2**26 - 1]), low=ends, high=ends
    )
    assert found.merge().low.tolist() == [2**26 - 1, 0]
