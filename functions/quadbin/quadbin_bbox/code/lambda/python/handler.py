"""QUADBIN_BBOX: cells to bounding boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import redshift_batch_handler
from lib.cells.ids import check, decode
from lib.cells.mercator import bounds
from lib.rows.checks import Checks, integers
from lib.rows.text import json_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """A column of cells to [west, south, east, north]."""
    checks = Checks("QUADBIN_BBOX")
    cells = check(checks, "quadbin", integers(quadbins))
    return checks.finish(json_rows(np.column_stack(bounds(*decode(cells)))))
