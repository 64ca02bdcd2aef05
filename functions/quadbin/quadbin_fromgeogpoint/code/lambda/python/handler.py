"""QUADBIN_FROMGEOGPOINT: points to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway import redshift_batch_handler
from lib.cells.ids import encode
from lib.cells.layout import MAX_RESOLUTION
from lib.cells.mercator import degrees, tile_x, tile_y
from lib.geometry.points import read_points
from lib.rows.checks import Checks, integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(points: Sequence[str], resolutions: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """Columns of points and resolutions to cells."""
    checks = Checks("QUADBIN_FROMGEOGPOINT")
    lon, lat = read_points(checks, "point", points)
    lon = degrees(checks, "the longitude of point", lon, 180)
    lat = degrees(checks, "the latitude of point", lat, 90)
    z = checks.within("resolution", integers(resolutions), 0, MAX_RESOLUTION)
    return checks.finish(encode(z, tile_x(lon, z), tile_y(lat, z)))
