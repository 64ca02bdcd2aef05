"""Native SQL, so only through SQL: every pair of resolutions, with expected values from the `quadbin` library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import quadbin

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.cloud


@pytest.mark.parametrize("z", [0, 1, 13, 26])
def test_every_parent(run_query: Query, z: int) -> None:
    cell = quadbin.point_to_cell(151.2093, -33.8688, z)
    calls = ", ".join(f"carto.QUADBIN_TOPARENT({cell}, {parent})" for parent in range(z + 1))
    assert run_query(f"SELECT {calls}") == [tuple(quadbin.cell_to_parent(cell, parent) for parent in range(z + 1))]
