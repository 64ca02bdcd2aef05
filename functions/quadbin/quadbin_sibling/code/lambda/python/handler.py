"""QUADBIN_SIBLING: cells to their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import redshift_batch_handler
from lib.cells.ids import check, decode, encode
from lib.rows.checks import Checks, integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


_STEPS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_SHOWN = 40


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int], directions: Sequence[str]) -> Sequence[Any] | NDArray[Any]:
    """Columns of cells and directions to cells; None beyond the poles."""
    checks = Checks("QUADBIN_SIBLING")
    z, x, y = decode(check(checks, "quadbin", integers(quadbins)))
    known = {direction: _STEPS.get(direction.lower()) for direction in set(directions)}
    if None in known.values():
        for row, direction in enumerate(directions):
            if known[direction] is None:
                checks.note(row, f"direction {direction[:_SHOWN]!r} is out of range: left, right, up or down")
    steps = np.array([known[direction] or (0, 0) for direction in directions], dtype=np.int64).reshape(-1, 2)
    last = (np.int64(1) << z) - 1
    x, y = (x + steps[:, 0]) & last, y + steps[:, 1]
    beyond = (y < 0) | (y > last)
    siblings = encode(z, x, np.where(beyond, 0, y)).tolist()
    for row in np.flatnonzero(beyond).tolist():
        siblings[row] = None
    return checks.finish(siblings)
