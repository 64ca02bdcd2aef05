"""Geometries taken apart: points, and straight edges from north to south."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from lib.cells.mercator import latitude, row_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.floating[Any]]

_POINT, _POLYGON, _FIRST_COLLECTION = 0, 3, 4
_NO_AREA = -1
# In rows: far above what rounding does at the finest resolution (some 1e-7), far below what would make it frequent.
_NEAR = 1e-5
_WORLD = (np.array([-180.0, -90.0]), np.array([180.0, 90.0]))


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Points, and the vertices of lines and rings. `*_rows` says which geometry of the column each belongs to.

    `path` numbers the line or ring that a vertex is on, `area` its polygon (-1 for a line).
    """

    lon: Floats
    lat: Floats
    point_rows: Integers
    vertices: Floats
    path: Integers
    path_rows: Integers
    area: Integers


@dataclass(frozen=True, kw_only=True)
class Edges:
    """Edges in degrees, the first end not south of the second, with the rows of cells that they pass.

    `shape` is the geometry, `area` the polygon that the edge bounds (-1: none), `top` and `bottom` its first and last
    row. An edge that comes from beyond the northern limit has row -1 on top; one that goes on beyond the southern limit
    ends in the last row.
    """

    shape: Integers
    area: Integers
    lon0: Floats
    lat0: Floats
    lon1: Floats
    lat1: Floats
    top: Integers
    bottom: Integers

    def take(self, which: NDArray[np.bool_] | slice) -> Edges:
        """Some of them."""
        return Edges(**{name: column[which] for name, column in vars(self).items()})

    def within(self, limit: int, shapes: int) -> tuple[Edges, Integers]:
        """The edges of shapes none of whose edges passes more than `limit` rows, and per shape its longest if it does.

        An edge meets at least one cell in each row that it passes, so such a shape has too many cells already.
        """
        height = self.bottom - np.maximum(self.top, 0) + 1
        longest = np.zeros(shapes, dtype=np.int64)
        np.maximum.at(longest, self.shape, height)
        longest[longest <= limit] = 0
        return (self.take(longest[self.shape] == 0) if longest.any() else self), longest


def members(shapes: NDArray[Any]) -> Parts:
    """Takes a column of shapely geometries apart, collections within collections included."""
    import shapely  # noqa: PLC0415 - only where a shape is at hand, so it is loaded already

    rows = np.arange(len(shapes))
    kinds = shapely.get_type_id(shapes)
    while (kinds >= _FIRST_COLLECTION).any():
        shapes, index = shapely.get_parts(shapes, return_index=True)
        rows, kinds = rows[index], shapely.get_type_id(shapes)
    points = shapely.get_coordinates(shapes[kinds == _POINT])
    point_rows = rows[(kinds == _POINT) & ~shapely.is_empty(shapes)]
    lined = (kinds > _POINT) & (kinds < _POLYGON)
    rings, polygon = shapely.get_rings(shapes[kinds == _POLYGON], return_index=True)
    paths = np.concatenate([shapes[lined], rings])
    vertices, path = shapely.get_coordinates(paths, return_index=True)
    vertices, points = np.clip(vertices, *_WORLD), np.clip(points, *_WORLD)  # rounding noise at the antimeridian
    return Parts(
        lon=points[:, 0],
        lat=points[:, 1],
        point_rows=point_rows,
        vertices=vertices,
        path=path,
        path_rows=np.concatenate([rows[lined], rows[kinds == _POLYGON][polygon]]),
        area=np.concatenate([np.full(int(lined.sum()), _NO_AREA), polygon]),
    )


def edges_of(parts: Parts, z: Integers) -> Edges:
    """The edges that touch the square world."""
    lon, lat = parts.vertices.T
    world = np.int64(0)
    north, south = latitude(world, world), latitude(world + 1, world)
    row = np.where(lat > north, -1, _row(np.clip(lat, south, north), z[parts.path_rows[parts.path]]))
    first = np.flatnonzero(parts.path[1:] == parts.path[:-1])
    southward = lat[first] >= lat[first + 1]
    upper, lower = np.where(southward, first, first + 1), np.where(southward, first + 1, first)
    touching = (lat[upper] >= south) & (lat[lower] <= north)
    upper, lower = upper[touching], lower[touching]
    path = parts.path[upper]
    return Edges(
        shape=parts.path_rows[path],
        area=parts.area[path],
        lon0=lon[upper],
        lat0=lat[upper],
        lon1=lon[lower],
        lat1=lat[lower],
        top=row[upper],
        bottom=row[lower],
    )


def _row(lat: Floats, z: Integers) -> Integers:
    """The row by the latitudes of the rows' own edges, where the projection's last digits could say another."""
    y = row_of(lat, z)
    near = np.flatnonzero(np.abs(y - np.rint(y)) < _NEAR)
    found = np.clip(np.floor(y).astype(np.int64), 0, (np.int64(1) << z) - 1)
    if len(near):
        found[near] = _exact_row(found[near], lat[near], z[near])
    return found


def _exact_row(y: Integers, lat: Floats, z: Integers) -> Integers:
    y = y - ((y > 0) & (lat > latitude(y, z)))
    found: Integers = y + ((y < (np.int64(1) << z) - 1) & (lat <= latitude(y + 1, z)))
    return found
