"""QUADBIN_KRING: cells to all cells around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway import redshift_batch_handler
from lib.cells.ids import check
from lib.cells.layout import CELLS_LIMIT
from lib.cells.rings import ring
from lib.rows.checks import Checks, integers
from lib.rows.text import id_lists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(origins: Sequence[int], sizes: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """Columns of cells and sizes to arrays of cells."""
    checks = Checks("QUADBIN_KRING")
    cells = check(checks, "origin", integers(origins))
    rings = ring(checks, cells, integers(sizes), CELLS_LIMIT)
    return checks.finish(id_lists(rings.cells, rings.counts.tolist()))
