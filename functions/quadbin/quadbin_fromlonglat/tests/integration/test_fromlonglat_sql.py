"""Through SQL, with expected values from the `quadbin` library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import quadbin

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.cloud

# The digits of a double must survive the way: at resolution 26 the last of them decide.
PLACES = [(-3.7038, 40.4168), (0.1, 0.2), (179.9999999, -85.0), (-180.0, 0.0), (1e-7, -1e-7)]


@pytest.mark.parametrize(("lon", "lat"), PLACES)
def test_the_finest_cell(run_query: Query, lon: float, lat: float) -> None:
    arguments = f"CAST('{lon!r}' AS DOUBLE PRECISION), CAST('{lat!r}' AS DOUBLE PRECISION), 26"
    expected = quadbin.point_to_cell(lon, lat, 26)
    assert run_query(f"SELECT carto.QUADBIN_FROMLONGLAT({arguments})") == [(expected,)]


def test_null_rows_stay_in_their_places(run_query: Query) -> None:
    found = run_query(
        "SELECT n, carto.QUADBIN_FROMLONGLAT(lon, 1.0, 3) "
        "FROM (SELECT 1 AS n, 0.5 AS lon UNION ALL SELECT 2, NULL UNION ALL SELECT 3, -0.5) AS places ORDER BY n"
    )
    assert found == [(1, quadbin.point_to_cell(0.5, 1.0, 3)), (2, None), (3, quadbin.point_to_cell(-0.5, 1.0, 3))]
