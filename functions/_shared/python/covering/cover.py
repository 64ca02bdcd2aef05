"""From geometries to the cells they meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from lib.cells.mercator import tile_x, tile_y

from .edges import edges_of, members
from .intervals import Intervals, concatenate
from .scan import scan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Cover:
    """Cells (z, x, y) of all geometries in one run, north to south, then west to east.

    `counts[i]` is how many the i-th geometry meets. Where that is more than the limit, none of them are in the run,
    and the count may be too low: an edge that is too long by itself is not followed to its end.
    """

    z: Integers
    x: Integers
    y: Integers
    counts: Integers


def cover(shapes: NDArray[Any], z: Integers, limit: int) -> Cover:
    """Covers each shapely geometry at its resolution. None and empty geometries meet nothing.

    Coordinates are degrees within -180 to 180 and -90 to 90. Time and memory are bound by the number of edges times
    `limit`, whatever the resolution.
    """
    parts = members(shapes)
    edges, too_long = edges_of(parts, z).within(limit, len(shapes))
    intervals = concatenate([_points(parts.lon, parts.lat, parts.point_rows, z), scan(edges, z)]).merge()
    counts = np.maximum(intervals.counts(len(shapes)), too_long)
    kept = intervals.take(counts[intervals.shape] <= limit)
    shape, y, x = kept.expand()
    return Cover(z=z[shape], x=x, y=y, counts=counts)


def _points(lon: NDArray[np.floating[Any]], lat: NDArray[np.floating[Any]], rows: Integers, z: Integers) -> Intervals:
    x = tile_x(lon, z[rows])
    return Intervals(shape=rows, y=tile_y(lat, z[rows]), low=x, high=x)
