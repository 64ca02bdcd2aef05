"""QUADBIN_CENTER: cells to points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway import redshift_batch_handler
from lib.cells.ids import check, decode
from lib.cells.mercator import latitude, longitude
from lib.rows.checks import Checks, integers
from lib.rows.text import float_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """A column of cells to WKT."""
    checks = Checks("QUADBIN_CENTER")
    z, x, y = decode(check(checks, "quadbin", integers(quadbins)))
    lon, lat = float_texts(longitude(x + 0.5, z)), float_texts(latitude(y + 0.5, z))
    return checks.finish([f"POINT({place[0]} {place[1]})" for place in zip(lon, lat, strict=True)])
