"""Native SQL, so only through SQL: every resolution, with expected values from the `quadbin` library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import quadbin

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.cloud


@pytest.mark.parametrize("z", range(27))
def test_the_librarys_tile(run_query: Query, z: int) -> None:
    cell = quadbin.point_to_cell(151.2093, -33.8688, z)
    ((found,),) = run_query(f"SELECT JSON_SERIALIZE(carto.QUADBIN_TOZXY({cell}))")
    x, y, _ = quadbin.cell_to_tile(cell)
    assert json.loads(found) == {"z": z, "x": x, "y": y}
