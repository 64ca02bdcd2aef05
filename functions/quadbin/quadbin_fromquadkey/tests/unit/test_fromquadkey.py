"""Against quadkeys written level by level, and the `quadbin` library."""

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


def quadkey(x: int, y: int, z: int) -> str:
    """Each level's digit is 2 y + x, the coarsest first (Bing Maps Tile System)."""
    return "".join(str((x >> level & 1) + 2 * (y >> level & 1)) for level in reversed(range(z)))


@given(tile=tiles())
def test_the_cell_of_the_tile_that_the_digits_name(handler: Find, tile: tuple[int, int, int]) -> None:
    assert handler("quadbin_fromquadkey")(quadkey(*tile)) == quadbin.tile_to_cell(tile)
