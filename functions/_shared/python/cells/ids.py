"""The bits of an id: z, x and y in and out, and which integers are cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from lib.cells.layout import CELL, MAX_RESOLUTION, POSITION, ROOT

if TYPE_CHECKING:
    from lib.rows.checks import Checks
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

# One step of spreading bits apart, or of gathering them: shift, then keep these.
_SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)
_GATHER = (
    (1, 0x3333333333333333),
    (2, 0x0F0F0F0F0F0F0F0F),
    (4, 0x00FF00FF00FF00FF),
    (8, 0x0000FFFF0000FFFF),
    (16, 0x00000000FFFFFFFF),
)


def encode(z: Integers, x: Integers, y: Integers) -> Integers:
    """Ids of tiles. z within 0 to 26, x and y within 0 to 2**z - 1: not checked here."""
    unused = MAX_RESOLUTION - z
    return from_position(z, _spread(x << unused) | (_spread(y << unused) << 1))


def from_position(z: Integers, position: Integers) -> Integers:
    """Ids from the bits of position, as they stand in an id; any bits above or below the position are ignored."""
    rest = POSITION >> (z << 1)
    return CELL | (z << 52) | (position & POSITION) | rest


def decode(ids: Integers) -> tuple[Integers, Integers, Integers]:
    """z, x and y of valid ids."""
    z = (ids >> 52) & 31
    unused = MAX_RESOLUTION - z
    return z, _gather(ids & POSITION) >> unused, _gather((ids & POSITION) >> 1) >> unused


def valid(ids: Integers) -> NDArray[np.bool_]:
    """Which ids are cells: header, mode 1, a resolution up to 26, and ones in every bit below the position.

    The two bits between mode and resolution are not looked at, as in the published definition.
    """
    z = (ids >> 52) & 31
    rest = POSITION >> (z << 1)
    cells: NDArray[np.bool_] = ((ids >> 59) == CELL >> 59) & (z <= MAX_RESOLUTION) & ((ids & rest) == rest)
    return cells


def check(checks: Checks, argument: str, ids: Integers) -> Integers:
    """The ids, those that are no cells replaced by the root after noting the error."""
    wrong = ~valid(ids)
    if checks.reject(wrong, lambda row: f"{argument} {ids[row]} is not a quadbin cell (resolution 0 to 26, mode 1)"):
        return np.where(wrong, ROOT, ids)
    return ids


def _spread(values: Integers) -> Integers:
    """Bit i moves to bit 2i."""
    for shift, keep in _SPREAD:
        values = (values | (values << shift)) & keep
    return values


def _gather(values: Integers) -> Integers:
    """Bit 2i moves to bit i; the odd bits are dropped."""
    values = values & 0x5555555555555555
    for shift, keep in _GATHER:
        values = (values | (values >> shift)) & keep
    return values
