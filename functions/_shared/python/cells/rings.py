"""The cells around cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .ids import decode, encode

if TYPE_CHECKING:
    from lib.rows.checks import Checks
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

_LARGEST = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Rings:
    """The rings of a column in one run, each row by row from the north-west; `counts[i]` cells are the i-th row's."""

    cells: Integers
    distances: Integers
    counts: Integers


def ring(checks: Checks, origins: Integers, sizes: Integers, limit: int) -> Rings:
    """All cells at most `size` steps away in x and in y, across the antimeridian, not across the poles.

    A ring as wide as the world holds each column once, at its shorter distance. Negative sizes, and rings of more
    than `limit` cells, are rejected and give no cells.
    """
    z, x, y = decode(origins)
    size = checks.within("size", sizes, 0, _LARGEST)
    world = np.int64(1) << z
    west = np.minimum(size, world // 2)
    north = np.minimum(size, y)
    width = np.minimum(2 * west + 1, world)
    counts = width * (np.minimum(y + size, world - 1) - y + north + 1)
    checks.reject(
        counts > limit,
        lambda row: (
            f"size {sizes[row]} is too large: {counts[row]:,} cells, and a result holds {limit:,} (65,535 bytes)"
        ),
    )
    counts = np.where(counts > limit, 0, counts)
    row = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    down, right = np.divmod(number, width[row])
    down, right = down - north[row], right - west[row]
    cells = encode(z[row], (x[row] + right) & (world[row] - 1), y[row] + down)
    return Rings(cells=cells, distances=np.maximum(np.abs(down), np.abs(right)), counts=counts)
