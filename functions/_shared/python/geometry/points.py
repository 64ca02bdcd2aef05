"""A column of points to coordinates, without a geometry library: most rows are 50 hexadecimal digits."""

from __future__ import annotations

import json
import re
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lib.rows.checks import Checks
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

SRID = 4326
# EWKB as PostGIS defined it: byte order, type with flags in the top bits, SRID if flagged, coordinates.
_HAS_SRID = 0x20000000
_TYPE = 0x1FFFFFFF
_RECORD = np.dtype([("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("lon", "<f8"), ("lat", "<f8")])
_DIGITS = 2 * _RECORD.itemsize
_TYPES = {
    1: "POINT",
    2: "LINESTRING",
    3: "POLYGON",
    4: "MULTIPOINT",
    5: "MULTILINESTRING",
    6: "MULTIPOLYGON",
    7: "GEOMETRYCOLLECTION",
}
_WKT = re.compile(r"\s*(?:SRID=(\d+);)?\s*POINT\s*(?:ZM|Z|M)?\s*(EMPTY|\(([^()]*)\))\s*", re.IGNORECASE)
_SHOWN = 60


def read_points(checks: Checks, argument: str, texts: Sequence[str]) -> tuple[Floats, Floats]:
    """Longitudes and latitudes in degrees; 0, 0 for a row that was rejected. The SRID is 4326 or not given."""
    records = _records(texts)
    if records is not None:
        return records["lon"], records["lat"]
    lon, lat = np.zeros(len(texts)), np.zeros(len(texts))
    for row, text in enumerate(texts):
        try:
            lon[row], lat[row] = _read_point(text)
        except ValueError as error:  # noqa: PERF203 - this is the slow way already
            checks.note(row, f"{argument} {error}")
    return lon, lat


def _records(texts: Sequence[str]) -> NDArray[np.void] | None:
    """All rows at once, if each is a little-endian two-dimensional point with SRID 4326."""
    if set(map(len, texts)) != {_DIGITS}:
        return None
    try:
        data = bytes.fromhex("".join(texts))
    except ValueError:
        return None
    if len(data) != _RECORD.itemsize * len(texts):  # fromhex skips blanks
        return None
    records = np.frombuffer(data, dtype=_RECORD)
    points = (records["order"] == 1) & (records["type"] == _HAS_SRID | 1) & (records["srid"] == SRID)
    # POINT EMPTY has NaN for coordinates: its own message is worth the slow way.
    return records if points.all() and not np.isnan(records["lon"]).any() else None


def _read_point(text: str) -> tuple[float, float]:
    """Raises ValueError with the end of a sentence: "is ..."."""
    start = text.lstrip()[:1]
    if start == "{":
        return _from_geojson(text)
    if start in {"0", "1"}:
        return _from_wkb(text)
    return _from_wkt(text)


def _from_wkb(text: str) -> tuple[float, float]:
    try:
        data = bytes.fromhex(text)
        order = "<" if data[0] == 1 else ">"
        (kind,) = struct.unpack_from(f"{order}I", data, 1)
        srid, offset = (struct.unpack_from(f"{order}I", data, 5)[0], 9) if kind & _HAS_SRID else (0, 5)
        _check(_TYPES.get((kind & _TYPE) % 1000, "GEOMETRY"), srid)  # ISO WKB writes Z and M as thousands
        lon, lat = struct.unpack_from(f"{order}2d", data, offset)
    except (IndexError, struct.error) as error:
        raise ValueError(f"is not readable as WKB: {text[:_SHOWN]!r}") from error
    if lon != lon and lat != lat:  # noqa: PLR0124 - NaN is the one value that differs from itself
        raise ValueError("is an empty point")
    return lon, lat


def _from_geojson(text: str) -> tuple[float, float]:
    try:
        value = json.loads(text)
        _check(str(value["type"]).upper(), SRID)
        coordinates = value["coordinates"]
        if not coordinates:
            raise ValueError("is an empty point")
        return float(coordinates[0]), float(coordinates[1])
    except (json.JSONDecodeError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"is not readable as GeoJSON: {text[:_SHOWN]!r}") from error


def _from_wkt(text: str) -> tuple[float, float]:
    match = _WKT.fullmatch(text)
    if not match:
        kind = re.match(r"\s*(?:SRID=\d+;)?\s*([A-Z]+)", text, re.IGNORECASE)
        if kind and kind.group(1).upper() in _TYPES.values():
            _check(kind.group(1).upper(), SRID)
        raise ValueError(f"is not readable as a geometry: {text[:_SHOWN]!r}")
    srid, body, numbers = match.groups()
    _check("POINT", int(srid or SRID))
    if body.upper() == "EMPTY":
        raise ValueError("is an empty point")
    try:
        lon, lat = map(float, numbers.split()[:2])
    except ValueError as error:
        raise ValueError(f"is not readable as WKT: {text[:_SHOWN]!r}") from error
    return lon, lat


def _check(kind: str, srid: int) -> None:
    if kind != "POINT":
        raise ValueError(f"is a {kind}, not a POINT")
    if srid not in {0, SRID}:
        raise ValueError(f"has SRID {srid}, not {SRID}: transform it first")
