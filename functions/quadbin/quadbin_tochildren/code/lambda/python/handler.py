"""QUADBIN_TOCHILDREN: cells to the cells they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import redshift_batch_handler
from lib.cells.ids import check, from_position
from lib.cells.layout import CELLS_LIMIT, MAX_RESOLUTION
from lib.rows.checks import Checks, integers
from lib.rows.text import id_lists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int], resolutions: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """Columns of cells and resolutions to arrays of cells."""
    checks = Checks("QUADBIN_TOCHILDREN")
    cells = check(checks, "quadbin", integers(quadbins))
    own = (cells >> 52) & 31
    checks.reject(own == MAX_RESOLUTION, lambda row: f"quadbin {cells[row]} has resolution 26, the finest: no children")
    finer = np.minimum(own + 1, MAX_RESOLUTION)
    z = checks.within("resolution", integers(resolutions), finer, MAX_RESOLUTION)
    counts = np.int64(1) << 2 * (z - own)
    checks.reject(
        counts > CELLS_LIMIT,
        lambda row: (
            f"quadbin {cells[row]} has {counts[row]:,} children at resolution {z[row]}, and a result holds "
            f"{CELLS_LIMIT:,} (65,535 bytes): use a resolution of at most {own[row] + 5}"
        ),
    )
    counts = np.where(counts > CELLS_LIMIT, 0, counts)
    step = np.int64(1) << 2 * (MAX_RESOLUTION - z)
    # The position of the first child is the parent's, whose unused bits are ones, cut down to the parent's own bits.
    first = from_position(z, cells & ~((np.int64(1) << 2 * (MAX_RESOLUTION - own)) - 1))
    parent = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(parent)) - (np.cumsum(counts) - counts)[parent]
    return checks.finish(id_lists(first[parent] + number * step[parent], counts.tolist()))
