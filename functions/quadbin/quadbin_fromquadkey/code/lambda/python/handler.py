"""QUADBIN_FROMQUADKEY: quadkeys to cells. Without NumPy: Python reads base 4 as fast, and starts sooner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway import RowError, redshift_batch_handler
from lib.cells.layout import CELL, MAX_RESOLUTION, POSITION

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIGITS = "0123"
_SHOWN = 40
# By resolution: all that is not digits of the quadkey, and how far these are from the right.
_FRAMES = [CELL | z << 52 | POSITION >> 2 * z for z in range(MAX_RESOLUTION + 1)]
_SHIFTS = [2 * (MAX_RESOLUTION - z) for z in range(MAX_RESOLUTION + 1)]


@redshift_batch_handler()
def lambda_handler(quadkeys: Sequence[str]) -> Sequence[int | RowError]:
    """A column of quadkeys to cells."""
    # All digits at once: nothing is left when every character is one.
    others = "".join(quadkeys).encode(errors="replace").translate(None, _DIGITS.encode())
    if others or max(map(len, quadkeys), default=0) > MAX_RESOLUTION:
        return [_wrong(key) or _cell(key) for key in quadkeys]
    return list(map(_cell, quadkeys))


def _cell(key: str) -> int:
    # A quadkey is the position in base 4.
    return _FRAMES[len(key)] | int(key or "0", 4) << _SHIFTS[len(key)]


def _wrong(key: str) -> RowError | None:
    if len(key) <= MAX_RESOLUTION and not key.strip(_DIGITS):
        return None
    shown = repr(key[:_SHOWN])
    return RowError(f"QUADBIN_FROMQUADKEY: quadkey {shown} is out of range: 0 to {MAX_RESOLUTION} digits from 0 to 3")
