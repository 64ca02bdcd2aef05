"""Through SQL, with expected values from the `quadbin` library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import quadbin

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.cloud

TRIANGLE = [[-3.7122, 40.4134], [-3.7144, 40.4097], [-3.7066, 40.4095], [-3.7122, 40.4134]]
WKT = f"POLYGON(({','.join(f'{lon} {lat}' for lon, lat in TRIANGLE)}))"


def test_a_polygon(run_query: Query) -> None:
    query = f"SELECT JSON_SERIALIZE(carto.QUADBIN_POLYFILL(ST_GEOMFROMTEXT('{WKT}', 4326), 17))"
    expected = quadbin.geometry_to_cells(json.dumps({"type": "Polygon", "coordinates": [TRIANGLE]}), 17)
    ((found,),) = run_query(query)
    assert sorted(json.loads(found)) == sorted(expected)


def test_null(run_query: Query) -> None:
    assert run_query("SELECT carto.QUADBIN_POLYFILL(NULL, 4)") == [(None,)]


def test_an_error_names_function_argument_and_range(run_query: Query) -> None:
    with pytest.raises(Exception, match="QUADBIN_POLYFILL: resolution 27 is out of range 0 to 26"):
        run_query("SELECT carto.QUADBIN_POLYFILL(ST_POINT(0, 0), 27)")
