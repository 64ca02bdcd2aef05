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

_DIGITS = "0123"
_SHOWN = 40


@redshift_batch_handler()
def lambda_handler(quadkeys: Sequence[str]) -> Sequence[Any] | NDArray[Any]:
    """A column of quadkeys to cells."""
    checks = Checks("QUADBIN_FROMQUADKEY")
    lengths = np.fromiter(map(len, quadkeys), dtype=np.int64, count=len(quadkeys))
    # All digits at once: nothing is left when every character is one.
    others = "".join(quadkeys).encode(errors="replace").translate(None, _DIGITS.encode())
    if others or (lengths > MAX_RESOLUTION).any():
        wrong = np.array([len(key) > MAX_RESOLUTION or key.strip(_DIGITS) != "" for key in quadkeys])
        checks.reject(
            wrong,
            lambda row: f"quadkey {quadkeys[row][:_SHOWN]!r} is out of range: 0 to {MAX_RESOLUTION} digits from 0 to 3",
        )
        quadkeys = ["" if bad else key for bad, key in zip(wrong.tolist(), quadkeys, strict=True)]
        lengths = np.where(wrong, 0, lengths)
    # A quadkey is the position in base 4.
    numbers = np.array([int(key or "0", 4) for key in quadkeys], dtype=np.int64)
    return checks.finish(from_position(lengths, numbers << 2 * (MAX_RESOLUTION - lengths)))
