"""QUADBIN_FROMZXY: tiles to cells."""

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
def lambda_handler(zs: Sequence[int], xs: Sequence[int], ys: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """Columns z, x and y to cells."""
    checks = Checks("QUADBIN_FROMZXY")
    z = checks.within("z", integers(zs), 0, MAX_RESOLUTION)
    last = (np.int64(1) << z) - 1
    x = checks.within("x", integers(xs), 0, last)
    y = checks.within("y", integers(ys), 0, last)
    return checks.finish(encode(z, x, y))
