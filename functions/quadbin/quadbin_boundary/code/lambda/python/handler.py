"""QUADBIN_BOUNDARY: cells to polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway import redshift_batch_handler
from lib.cells.ids import check, decode
from lib.cells.mercator import bounds
from lib.rows.checks import Checks, integers
from lib.rows.text import float_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """A column of cells to WKT."""
    checks = Checks("QUADBIN_BOUNDARY")
    cells = check(checks, "quadbin", integers(quadbins))
    sides = zip(*map(float_texts, bounds(*decode(cells))), strict=True)
    return checks.finish([f"POLYGON(({w} {n},{w} {s},{e} {s},{e} {n},{w} {n}))" for w, s, e, n in sides])
