"""QUADBIN_POLYFILL: the cells that a geometry meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gateway import redshift_batch_handler
from lib.cells.ids import encode
from lib.cells.layout import CELLS_LIMIT, MAX_RESOLUTION
from lib.cells.mercator import NOISE
from lib.geometry.shapes import read_shapes
from lib.rows.checks import Checks, integers
from lib.rows.text import id_lists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@redshift_batch_handler()
def lambda_handler(geoms: Sequence[str], resolutions: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """Columns of geometries and resolutions to arrays of cells."""
    from lib.covering.cover import cover  # noqa: PLC0415 - shapely is loaded by the first call, not by the module

    checks = Checks("QUADBIN_POLYFILL")
    z = checks.within("resolution", integers(resolutions), 0, MAX_RESOLUTION)
    shapes = read_shapes(checks, "geom", geoms)
    _check_degrees(checks, shapes)
    found = cover(shapes, z, CELLS_LIMIT)
    checks.reject(
        found.counts > CELLS_LIMIT,
        lambda row: (
            f"geom meets {found.counts[row]:,} cells or more at resolution {z[row]}, and a result holds "
            f"{CELLS_LIMIT:,} (65,535 bytes): use a coarser resolution"
        ),
    )
    counts = np.where(found.counts > CELLS_LIMIT, 0, found.counts).tolist()
    return checks.finish(id_lists(encode(found.z, found.x, found.y), counts))


def _check_degrees(checks: Checks, shapes: NDArray[Any]) -> None:
    """Rejects geometries with a coordinate out of range; they are set to None."""
    import shapely  # noqa: PLC0415 - see above

    coordinates, rows = shapely.get_coordinates(shapes, return_index=True)
    for axis, (name, limit) in enumerate((("longitude", 180), ("latitude", 90))):
        wrong = np.flatnonzero(~(np.abs(coordinates[:, axis]) <= limit + NOISE))  # so that NaN is wrong too
        worst = dict(zip(rows[wrong][::-1].tolist(), coordinates[wrong, axis][::-1].tolist(), strict=True))
        for row, value in worst.items():
            checks.note(row, f"geom has {name} {value}, which is out of range {-limit} to {limit}")
        shapes[list(worst)] = None
