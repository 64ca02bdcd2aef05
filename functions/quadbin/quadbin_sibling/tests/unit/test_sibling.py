"""Against the `quadbin` library inside the world, and by hand at its edges."""

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


STEPS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@given(tile=tiles(), direction=st.sampled_from(sorted(STEPS)))
def test_the_librarys_neighbour_where_it_has_one(handler: Find, tile: tuple[int, int, int], direction: str) -> None:
    cell = quadbin.tile_to_cell(tile)
    expected = quadbin.cell_sibling(cell, direction)
    found = handler("quadbin_sibling")(cell, direction)
    if expected is not None:
        assert found == expected
    else:
        x, y, z = tile
        east, south = STEPS[direction]
        inside = 0 <= y + south < 1 << z
        assert found == (quadbin.tile_to_cell(((x + east) % (1 << z), y, z)) if inside else None)
