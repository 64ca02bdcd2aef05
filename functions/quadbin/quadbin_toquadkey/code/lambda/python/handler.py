"""QUADBIN_TOQUADKEY: cells to quadkeys."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import redshift_batch_handler
from lib.cells.ids import check
from lib.rows.checks import Checks, integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# The four digits of each byte.
_DIGITS = np.array(["".join(digits) for digits in product("0123", repeat=4)], dtype="S4")
_WIDTH = 8 * 4


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """A column of cells to quadkeys."""
    checks = Checks("QUADBIN_TOQUADKEY")
    cells = check(checks, "quadbin", integers(quadbins))
    # The 52 bits of position first, in the order of reading; what a cell's resolution does not use is cut off.
    octets = (cells << 12).astype(">i8").view(np.uint8)
    text = _DIGITS[octets].tobytes().decode()
    starts = range(0, len(text), _WIDTH)
    return checks.finish(
        [text[start : start + z] for start, z in zip(starts, ((cells >> 52) & 31).tolist(), strict=True)]
    )
