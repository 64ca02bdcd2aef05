"""Arguments that are out of range: the first one of each row, with function, argument, value and range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import RowError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]


def integers(values: Sequence[int]) -> Integers:
    """A column of INTEGER or BIGINT as an array of 64-bit integers. Raises OverflowError past 64 bits."""
    return np.array(values, dtype=np.int64)


def doubles(values: Sequence[float]) -> Floats:
    """A column of DOUBLE PRECISION as an array."""
    return np.array(values, dtype=np.float64)


class Checks:
    """The errors of one batch, by row. The first error of a row is the one that is told."""

    def __init__(self, function: str) -> None:
        self.function = function
        self.errors: dict[int, str] = {}

    def note(self, row: int, message: str) -> None:
        """Notes an error for one row."""
        self.errors.setdefault(row, f"{self.function}: {message}")

    def reject(self, wrong: Mask, message: Callable[[int], str]) -> bool:
        """Notes an error for every row where `wrong` is true, and answers whether there was one."""
        if not wrong.any():
            return False
        for row in np.flatnonzero(wrong).tolist():
            self.note(row, message(row))
        return True

    def within(self, argument: str, values: NDArray[Any], low: Integers | int, high: Integers | int) -> NDArray[Any]:
        """The values, those outside `low` to `high` (both included) replaced by `low` after noting the error."""
        wrong = ~((values >= low) & (values <= high))  # so that NaN is wrong too

        def message(row: int) -> str:
            lowest, highest = (limit if isinstance(limit, int) else int(limit[row]) for limit in (low, high))
            return f"{argument} {values[row]} is out of range {lowest} to {highest}"

        return np.where(wrong, low, values) if self.reject(wrong, message) else values

    def finish(self, results: Sequence[Any] | NDArray[Any]) -> Sequence[Any] | NDArray[Any]:
        """The results, with a RowError in the place of each row that was rejected."""
        if not self.errors:
            return results
        values = results.tolist() if isinstance(results, np.ndarray) else list(results)
        for row, message in self.errors.items():
            values[row] = RowError(message)
        return values
