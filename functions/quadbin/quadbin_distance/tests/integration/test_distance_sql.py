"""Native SQL, so only through SQL, with x and y from the `quadbin` library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import quadbin

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.cloud


@pytest.mark.parametrize("z", [0, 1, 2, 13, 26])
def test_the_larger_difference_either_way(run_query: Query, z: int) -> None:
    one, other = (quadbin.point_to_cell(lon, lat, z) for lon, lat in ((-100.5, 60.25), (151.2093, -33.8688)))
    (x0, y0, _), (x1, y1, _) = quadbin.cell_to_tile(one), quadbin.cell_to_tile(other)
    expected = max(abs(x0 - x1), abs(y0 - y1))
    calls = f"carto.QUADBIN_DISTANCE({one}, {other}), carto.QUADBIN_DISTANCE({other}, {one})"
    assert run_query(f"SELECT {calls}") == [(expected, expected)]
