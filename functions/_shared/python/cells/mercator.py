"""Degrees to tiles and back, on the square world of Web Mercator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lib.rows.checks import Checks
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.floating[Any]]

# Where the square world ends: atan(sinh(pi)) in degrees.
LATITUDE_LIMIT = 85.0511287798066
# A tenth of a millimetre. Coordinates that went through another projection come back as 180.00000000000006 (Natural
# Earth has them): within this much of a limit they are the limit.
NOISE = 1e-9
_ANTIMERIDIAN = 180.0


def degrees(checks: Checks, argument: str, values: Floats, limit: int) -> Floats:
    """The values, clipped to `-limit` to `limit`, those that are out of it by more than noise noted as errors."""
    wrong = ~(np.abs(values) <= limit + NOISE)  # so that NaN is wrong too
    if checks.reject(wrong, lambda row: f"{argument} {values[row]} is out of range {-limit} to {limit}"):
        values = np.where(wrong, 0.0, values)
    return np.clip(values, -limit, limit)


def tile_x(lon: Floats, z: Integers) -> Integers:
    """The column of longitudes within -180 to 180. The antimeridian belongs to column 0, as 180 is -180."""
    size = np.int64(1) << z
    x = np.floor(size * (lon / 360.0 + 0.5)).astype(np.int64)
    return np.where(lon == _ANTIMERIDIAN, 0, np.minimum(x, size - 1))


def tile_y(lat: Floats, z: Integers) -> Integers:
    """The row of latitudes within -90 to 90. Those beyond the square world belong to its first and last row."""
    return np.floor(np.clip(row_of(lat, z), 0, (np.int64(1) << z) - 1)).astype(np.int64)


def row_of(lat: Floats, z: Integers) -> Floats:
    """Where latitudes are among the rows, with the fraction; infinite at the poles."""
    # In this order: lat * (pi / 180), which NumPy's radians() computes, is another double for every third latitude, and
    # a place on a row's edge would change sides against the published definition.
    sine = np.sin(lat * np.pi / 180.0)
    with np.errstate(divide="ignore"):
        y: Floats = (np.int64(1) << z) * (0.5 - 0.25 * np.log((1 + sine) / (1 - sine)) / np.pi)
    return y


def longitude(x: Integers | Floats, z: Integers) -> Floats:
    """The longitude of a column's western edge; of its middle at x + 0.5."""
    lon: Floats = 180 * (2.0 * x / (np.int64(1) << z) - 1.0)
    return lon


def latitude(y: Integers | Floats, z: Integers) -> Floats:
    """The latitude of a row's northern edge; of its middle, in the projection, at y + 0.5."""
    lat: Floats = 360 * (np.arctan(np.exp(-(2.0 * y / (np.int64(1) << z) - 1) * np.pi)) / np.pi - 0.25)
    return lat


def bounds(z: Integers, x: Integers, y: Integers) -> tuple[Floats, Floats, Floats, Floats]:
    """West, south, east and north of tiles, in degrees."""
    return longitude(x, z), latitude(y + 1, z), longitude(x + 1, z), latitude(y, z)
