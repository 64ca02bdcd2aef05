"""QUADBIN_TOQUADKEY: cells to quadkeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import redshift_batch_handler
from lib.cells import MAX_RESOLUTION, check
from lib.rows import Checks, integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


_SHIFTS = np.arange(2 * MAX_RESOLUTION - 2, -1, -2)


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """A column of cells to quadkeys."""
    checks = Checks("QUADBIN_TOQUADKEY")
    cells = check(checks, "quadbin", integers(quadbins))
    digits = (cells[:, None] >> _SHIFTS) & 3
    used = np.arange(MAX_RESOLUTION) < ((cells >> 52) & 31)[:, None]
    codes = np.where(used, digits + ord("0"), 0).astype(np.uint32)
    # NumPy's texts end at the first zero, so each comes out as long as its resolution.
    return checks.finish(codes.view(f"U{MAX_RESOLUTION}")[:, 0].tolist())
