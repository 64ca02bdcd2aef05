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


@given(tile=tiles())
def test_same_cell_as_the_library(handler: Find, tile: tuple[int, int, int]) -> None:
    x, y, z = tile
    assert handler("quadbin_fromzxy")(z, x, y) == quadbin.tile_to_cell(tile)
