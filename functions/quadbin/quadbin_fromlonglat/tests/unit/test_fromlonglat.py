"""Against the `quadbin` library, and against the edges of the cell that it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import quadbin
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str], Callable[..., Any]]


# The library takes the last double before 180 for 180, where half of it and 0.5 round up to the world's width.
LONGITUDES = st.floats(-180, 180).filter(lambda lon: lon == 180 or lon / 360 + 0.5 < 1)
PLACES = {"lon": LONGITUDES, "lat": st.floats(-90, 90), "resolution": st.integers(0, 26)}


@given(**PLACES)
def test_same_cell_as_the_library(handler: Find, lon: float, lat: float, resolution: int) -> None:
    assert handler("quadbin_fromlonglat")(lon, lat, resolution) == quadbin.point_to_cell(lon, lat, resolution)


@given(lon=st.floats(-180, 179.999999), lat=st.floats(-85.05, 85.05), resolution=st.integers(0, 26))
def test_the_cell_holds_the_place(handler: Find, lon: float, lat: float, resolution: int) -> None:
    cell = handler("quadbin_fromlonglat")(lon, lat, resolution)
    west, south, east, north = quadbin.cell_to_bounding_box(cell)
    assert west - 1e-9 <= lon <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9
    assert quadbin.get_resolution(cell) == resolution


def test_just_west_of_the_antimeridian_is_the_last_column(handler: Find) -> None:
    cell = handler("quadbin_fromlonglat")(179.99999999999997, 0.0, 26)
    assert quadbin.cell_to_tile(cell) == (2**26 - 1, 2**25, 26)
