"""Runs of neighbouring cells in a row: `low` to `high`, both included, in row `y` of the cover of `shape`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

# Rows and columns have at most 26 bits.
_BITS = 27


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Four columns of equal length."""

    shape: Integers
    y: Integers
    low: Integers
    high: Integers

    def take(self, which: NDArray[np.bool_] | Integers) -> Intervals:
        """Some of them, or all in another order."""
        return Intervals(shape=self.shape[which], y=self.y[which], low=self.low[which], high=self.high[which])

    def merge(self) -> Intervals:
        """The same cells, each once, in as few intervals as can be, by shape, row and column."""
        if not len(self.y):
            return self
        line = (self.shape << _BITS) | self.y
        order = np.lexsort((self.low, line))
        line, low, high = line[order], self.low[order], self.high[order]
        # One axis for all lines, with room between them, so that a running maximum never reaches the next line.
        change = np.concatenate(([True], line[1:] != line[:-1]))
        base = np.cumsum(change) << _BITS
        reach = np.maximum.accumulate(base + high)
        starts = np.concatenate(([True], (base + low)[1:] > reach[:-1] + 1))
        ends = np.concatenate((starts[1:], [True]))
        return Intervals(
            shape=line[starts] >> _BITS,
            y=line[starts] & ((1 << _BITS) - 1),
            low=low[starts],
            high=(reach - base)[ends],
        )

    def counts(self, shapes: int) -> Integers:
        """Cells per shape; right for intervals that do not overlap."""
        sizes = np.zeros(shapes, dtype=np.int64)
        np.add.at(sizes, self.shape, self.high - self.low + 1)
        return sizes

    def expand(self) -> tuple[Integers, Integers, Integers]:
        """Shape, row and column of every cell, in order."""
        sizes = self.high - self.low + 1
        first = np.cumsum(sizes) - sizes
        x = np.arange(sizes.sum(), dtype=np.int64) + np.repeat(self.low - first, sizes)
        return np.repeat(self.shape, sizes), np.repeat(self.y, sizes), x


def concatenate(parts: Sequence[Intervals]) -> Intervals:
    """All of them, one after the other."""
    return Intervals(
        shape=np.concatenate([part.shape for part in parts]),
        y=np.concatenate([part.y for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
    )
