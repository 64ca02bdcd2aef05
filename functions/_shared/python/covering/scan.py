"""Edges to intervals, row by row of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from lib.cells.mercator import latitude

from .intervals import Intervals, concatenate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .edges import Edges

    Integers = NDArray[np.int64]
    Floats = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]

# How many pairs of edge and row are worked on at once: bounds the memory, some 100 bytes a pair.
_PAIRS = 1 << 18


class _Crossings(NamedTuple):
    """Where rings come into a row from the north."""

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
    """Each edge in each row that it passes: where it enters the row and where it leaves it."""
    size = np.int64(1) << z[edges.shape]
    steps = edges.bottom - edges.top
    edge, y = _runs(edges.top + 1, steps)
    over = _x(edges, edge, latitude(y, z[edges.shape[edge]]), size)
    enters, leaves = (np.empty(len(steps) + len(over)) for _ in range(2))
    last = np.cumsum(steps + 1) - 1
    first = last - steps
    enters[first], leaves[last] = _ends(edges, size)
    enters[_others(first, len(enters))] = leaves[_others(last, len(leaves))] = over
    going_on = np.ones(len(leaves), dtype=np.bool_)
    going_on[last] = False
    edge, row = _runs(edges.top, steps + 1)
    low, high = _columns(enters, leaves, going_on=going_on, last=size[edge] - 1)
    along = Intervals(shape=edges.shape[edge], y=row, low=low, high=high).take(row >= 0)
    return along, _crossings(edges, size, steps, y, over)


def _runs(start: Integers, length: Integers) -> tuple[Integers, Integers]:
    """For each run of numbers, its own number, repeated, and the run itself."""
    run = np.repeat(np.arange(len(length)), length)
    return run, np.arange(len(run)) + (start - (np.cumsum(length) - length))[run]


def _others(places: Integers, count: int) -> Mask:
    others = np.ones(count, dtype=np.bool_)
    others[places] = False
    return others


def _x(edges: Edges, edge: Integers, lat: Floats, size: Integers) -> Floats:
    """Where edges are at a latitude between their ends, in columns. Not level, so the ends' latitudes differ."""
    lon0, lon1, lat0 = edges.lon0[edge], edges.lon1[edge], edges.lat0[edge]
    # Multiplied before it is divided: exact for round numbers, such as a diagonal through 0, 0.
    lon = lon0 + (lat0 - lat) * (lon1 - lon0) / (lat0 - edges.lat1[edge])
    return _scaled(np.clip(lon, np.minimum(lon0, lon1), np.maximum(lon0, lon1)), size[edge])


def _scaled(lon: Floats, size: Integers) -> Floats:
    return size * (lon / 360.0 + 0.5)


def _ends(edges: Edges, size: Integers) -> tuple[Floats, Floats]:
    """Both ends in columns; one that lies beyond the southern limit moves up to it. (The row -1 is dropped later.)"""
    ends = _scaled(edges.lon1, size)
    south = latitude(np.int64(1), np.int64(0))
    beyond = np.flatnonzero((edges.lat1 < south) & (edges.lat0 > edges.lat1))
    ends[beyond] = _x(edges, beyond, np.minimum(south, edges.lat0[beyond]), size)
    return _scaled(edges.lon0, size), ends


def _columns(enters: Floats, leaves: Floats, *, going_on: Mask, last: Integers) -> tuple[Integers, Integers]:
    """First and last column of an edge within a row.

    Where the edge goes on into the next row, the place where it leaves belongs to that row: an edge that comes from
    the west and leaves exactly at a column's corner has not been in that column.
    """
    eastern = np.floor(np.maximum(enters, leaves))
    corner = going_on & (leaves > enters) & (leaves == eastern)
    low = np.floor(np.minimum(enters, leaves)).astype(np.int64)
    high = (eastern - corner).astype(np.int64)
    return np.minimum(low, last), np.minimum(high, last)


def _crossings(edges: Edges, size: Integers, steps: Integers, y: Integers, over: Floats) -> _Crossings:
    bounds = edges.area >= 0
    kept = np.repeat(bounds, steps)
    edge = np.repeat(np.flatnonzero(bounds), steps[bounds])
    x = np.minimum(np.floor(over[kept]).astype(np.int64), size[edge] - 1)
    return _Crossings(area=edges.area[edge], shape=edges.shape[edge], y=y[kept], x=x)


def _between(crossings: list[_Crossings]) -> Intervals:
    """The insides of polygons along the rows' northern edges, which belong to the rows.

    A cell that no ring passes is inside as a whole or not at all, so its northern edge tells. Rings are closed and an
    edge holds its lower end only: the crossings of a row come in pairs.
    """
    area, shape, y, x = (np.concatenate(column) for column in zip(*crossings, strict=True))
    order = np.lexsort((x, y, area))
    shape, y, x = shape[order], y[order], x[order]
    return Intervals(shape=shape[::2], y=y[::2], low=x[::2], high=x[1::2])
