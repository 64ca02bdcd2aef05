"""Against the `quadbin` library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import quadbin
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str], Callable[..., Any]]


@st.composite
def tiles(draw: st.DrawFn, *, finest: int = 26) -> tuple[int, int, int]:
    """(x, y, z) of any tile."""
    z = draw(st.integers(0, finest))
    last = (1 << z) - 1
    return draw(st.integers(0, last)), draw(st.integers(0, last)), z


@given(tile=tiles(finest=25), levels=st.integers(1, 5))
def test_the_librarys_children(handler: Find, tile: tuple[int, int, int], levels: int) -> None:
    cell, resolution = quadbin.tile_to_cell(tile), min(tile[2] + levels, 26)
    assert handler("quadbin_tochildren")(cell, resolution) == quadbin.cell_to_children(cell, resolution)


def test_rows_of_one_batch_keep_to_themselves(catalogue: Any) -> None:
    cells = [quadbin.tile_to_cell(tile) for tile in ((3, 1, 2), (0, 0, 0), (100, 7, 9))]
    rows = [[cells[0], 5], [None, 3], [cells[1], 1], [cells[2], 10]]
    found = catalogue.in_process.call(catalogue.function("quadbin_tochildren"), rows)
    assert found == [
        quadbin.cell_to_children(cells[0], 5),
        None,
        quadbin.cell_to_children(cells[1], 1),
        quadbin.cell_to_children(cells[2], 10),
    ]
