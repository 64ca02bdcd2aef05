"""Edges to intervals, row by row of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from lib.cells import latitude

from .intervals import Intervals, concatenate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .edges import Edges

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

# How many pairs of edge and row are worked on at once: bounds the memory, some 100 bytes a pair.
_PAIRS = 1 << 18


class _Crossings(NamedTuple):
    """Where rings cross the middle latitude of a row."""

    area: Integers
    shape: Integers
    y: Integers
    x: Integers


def scan(edges: Edges, z: Integers) -> Intervals:
    """The intervals along the edges and, for polygons, between them. They may overlap."""
    along: list[Intervals] = []
    crossings: list[_Crossings] = []
    for chunk in _chunks(edges):
        found, crossed = _follow(chunk, z)
        along.append(found)
        crossings.append(crossed)
    if len(along) > 1:
        along = [part.merge() for part in along]
    return concatenate([*along, _between(crossings)])


def _chunks(edges: Edges) -> Iterator[Edges]:
    """At least one chunk, each of as many edges as make up `_PAIRS` pairs."""
    ends = np.cumsum(edges.bottom - edges.top + 1)
    if not len(ends) or ends[-1] <= _PAIRS:
        yield edges
        return
    start, done = 0, 0
    while start < len(ends):
        end = max(start + 1, int(np.searchsorted(ends, done + _PAIRS, side="right")))
        yield edges.take(slice(start, end))
        start, done = end, int(ends[end - 1])


def _follow(edges: Edges, z: Integers) -> tuple[Intervals, _Crossings]:
    """Each edge in each row that it passes."""
    heights = edges.bottom - edges.top + 1
    edge = np.repeat(np.arange(len(heights)), heights)
    y = np.arange(len(edge)) + np.repeat(edges.top - (np.cumsum(heights) - heights), heights)
    shape = edges.shape[edge]
    zs = z[shape]
    size = np.int64(1) << zs
    x0, x1 = (size * (lon[edge] / 360.0 + 0.5) for lon in (edges.lon0, edges.lon1))
    lat0, lat1 = edges.lat0[edge], edges.lat1[edge]
    north, south = latitude(y, zs), latitude(y + 1, zs)

    def at(lat: Floats) -> Floats:
        """The edge's x at a latitude, never outside its ends."""
        with np.errstate(all="ignore"):  # level edges, whose ends are taken as they are
            part = (lat0 - lat) / (lat0 - lat1)
            return np.where(part <= 0, x0, np.where(part < 1, x0 + part * (x1 - x0), x1))

    level = lat0 == lat1
    enters = np.where(level, x0, at(np.minimum(lat0, north)))
    leaves = np.where(level, x1, at(np.maximum(lat1, south)))
    low, high = _columns(enters, leaves, open_end=y < edges.bottom[edge], last=size - 1)
    middle = (north + south) / 2
    crosses = (edges.area[edge] >= 0) & (lat0 > middle) & (lat1 <= middle)
    x = np.minimum(np.floor(at(middle)[crosses]).astype(np.int64), size[crosses] - 1)
    crossed = _Crossings(area=edges.area[edge][crosses], shape=shape[crosses], y=y[crosses], x=x)
    return Intervals(shape=shape, y=y, low=low, high=high), crossed


def _columns(enters: Floats, leaves: Floats, *, open_end: Mask, last: Integers) -> tuple[Integers, Integers]:
    """First and last column of an edge within a row.

    Where the edge goes on into the next row, the place where it leaves belongs to that row: an edge that comes from
    the west and leaves exactly at a column's corner has not been in that column.
    """
    eastern = np.floor(np.maximum(enters, leaves))
    corner = open_end & (leaves > enters) & (leaves == eastern)
    low = np.floor(np.minimum(enters, leaves)).astype(np.int64)
    high = (eastern - corner).astype(np.int64)
    return np.minimum(low, last), np.minimum(high, last)


def _between(crossings: list[_Crossings]) -> Intervals:
    """The insides of polygons: from every odd crossing of a row to the next. Rings are closed, so they pair up."""
    area, shape, y, x = (np.concatenate(column) for column in zip(*crossings, strict=True))
    order = np.lexsort((x, y, area))
    shape, y, x = shape[order], y[order], x[order]
    return Intervals(shape=shape[::2], y=y[::2], low=x[::2], high=x[1::2])
