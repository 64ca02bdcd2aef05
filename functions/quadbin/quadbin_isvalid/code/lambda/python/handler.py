"""QUADBIN_ISVALID: which integers are cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway import redshift_batch_handler
from lib.cells.layout import CELL, MAX_RESOLUTION, POSITION

if TYPE_CHECKING:
    from collections.abc import Sequence

# The ones that an id has below its position, by resolution.
_RESTS = [POSITION >> 2 * z for z in range(32)]
# So few rows take less time one by one than a cold start takes to import NumPy.
_FEW = 1000


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int]) -> Sequence[bool]:
    """A column of integers to booleans."""
    if len(quadbins) <= _FEW:
        return list(map(_valid, quadbins))
    from lib.cells.ids import valid  # noqa: PLC0415 - see _FEW
    from lib.rows.checks import integers  # noqa: PLC0415 - see _FEW

    answers: list[bool] = valid(integers(quadbins)).tolist()
    return answers


def _valid(number: int) -> bool:
    z = number >> 52 & 31
    return number >> 59 == CELL >> 59 and z <= MAX_RESOLUTION and number & _RESTS[z] == _RESTS[z]
