"""__QUADBIN_FROMQUADINT: quadints to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import redshift_batch_handler
from lib.cells.ids import encode
from lib.cells.layout import MAX_RESOLUTION
from lib.rows.checks import Checks, integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(quadints: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """A column of quadints to cells."""
    checks = Checks("__QUADBIN_FROMQUADINT")
    values = integers(quadints)
    z = values & 31
    last = (np.int64(1) << z) - 1
    x, y = (values >> 5) & last, values >> (z + 5)
    wrong = (z > MAX_RESOLUTION) | (y < 0) | (y > last)
    checks.reject(wrong, lambda row: f"quadint {values[row]} is out of range: a tile of zoom 0 to {MAX_RESOLUTION}")
    z, x, y = (np.where(wrong, 0, part) for part in (z, x, y))
    return checks.finish(encode(z, x, y))
