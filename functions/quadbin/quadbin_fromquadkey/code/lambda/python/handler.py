"""QUADBIN_FROMQUADKEY: quadkeys to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import redshift_batch_handler
from lib.cells import MAX_RESOLUTION, from_position
from lib.rows import Checks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


# What each digit is worth in a cell's 52 bits of position, the first digit most.
_WORTH = np.int64(4) ** np.arange(MAX_RESOLUTION - 1, -1, -1)
_SHOWN = 40


@redshift_batch_handler()
def lambda_handler(quadkeys: Sequence[str]) -> Sequence[Any] | NDArray[Any]:
    """A column of quadkeys to cells."""
    checks = Checks("QUADBIN_FROMQUADKEY")
    # Code points, one column more than a quadkey may have; shorter texts are filled up with zeros.
    codes = np.array(quadkeys, dtype=f"U{MAX_RESOLUTION + 1}").view(np.uint32).reshape(-1, MAX_RESOLUTION + 1)
    lengths = np.fromiter(map(len, quadkeys), dtype=np.int64, count=len(quadkeys))
    used = np.arange(MAX_RESOLUTION + 1) < lengths[:, None]
    wrong = (used & ((codes < ord("0")) | (codes > ord("3")))).any(axis=1) | (lengths > MAX_RESOLUTION)
    digits = codes.astype(np.int64) - ord("0")
    checks.reject(
        wrong,
        lambda row: f"quadkey {quadkeys[row][:_SHOWN]!r} is out of range: 0 to {MAX_RESOLUTION} digits from 0 to 3",
    )
    position = np.where(used, digits, 0)[:, :MAX_RESOLUTION] @ _WORTH
    return checks.finish(from_position(np.where(wrong, 0, lengths), np.where(wrong, 0, position)))
