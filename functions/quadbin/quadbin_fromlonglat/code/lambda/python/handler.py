"""QUADBIN_FROMLONGLAT: places to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway import redshift_batch_handler
from lib.cells.ids import encode
from lib.cells.layout import MAX_RESOLUTION
from lib.cells.mercator import degrees, tile_x, tile_y
from lib.rows.checks import Checks, doubles, integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(
    longitudes: Sequence[float], latitudes: Sequence[float], resolutions: Sequence[int]
) -> Sequence[Any] | NDArray[Any]:
    """Columns of longitudes, latitudes and resolutions to cells."""
    checks = Checks("QUADBIN_FROMLONGLAT")
    lon = degrees(checks, "longitude", doubles(longitudes), 180)
    lat = degrees(checks, "latitude", doubles(latitudes), 90)
    z = checks.within("resolution", integers(resolutions), 0, MAX_RESOLUTION)
    return checks.finish(encode(z, tile_x(lon, z), tile_y(lat, z)))
