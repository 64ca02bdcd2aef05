"""Against the `quadbin` library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import quadbin
import shapely
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
def test_the_librarys_point(handler: Find, tile: tuple[int, int, int]) -> None:
    cell = quadbin.tile_to_cell(tile)
    found = shapely.from_wkt(handler("quadbin_center")(cell))
    assert [found.x, found.y] == pytest.approx(quadbin.cell_to_point(cell), rel=0, abs=1e-12)
