"""Every spelling of a point, against the `quadbin` library."""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING, Any

import pytest
import quadbin
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import InvokeError

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str], Callable[..., Any]]


SRID = 4326
# The library takes the last double before 180 for 180, where half of it and 0.5 round up to the world's width.
LONGITUDES = st.floats(-180, 180).filter(lambda lon: lon == 180 or lon / 360 + 0.5 < 1)


def ewkb(lon: float, lat: float, *, order: str = "<", srid: int | None = SRID) -> str:
    """A point as PostGIS's EWKB: byte order, type, SRID where the type's flag says so, coordinates."""
    mark = b"\x01" if order == "<" else b"\x00"
    if srid is None:
        return (mark + struct.pack(f"{order}I2d", 1, lon, lat)).hex().upper()
    return (mark + struct.pack(f"{order}II2d", 0x20000001, srid, lon, lat)).hex().upper()


@given(lon=LONGITUDES, lat=st.floats(-90, 90), resolution=st.integers(0, 26))
def test_all_spellings_give_the_librarys_cell(handler: Find, lon: float, lat: float, resolution: int) -> None:
    find = handler("quadbin_fromgeogpoint")
    spellings = [
        ewkb(lon, lat),
        ewkb(lon, lat).lower(),
        ewkb(lon, lat, order=">"),
        ewkb(lon, lat, srid=None),
        f"POINT({lon!r} {lat!r})",
        f"SRID=4326;POINT ({lon!r} {lat!r})",
        f"  point z ({lon!r} {lat!r} 12)",
        json.dumps({"type": "Point", "coordinates": [lon, lat]}),
    ]
    expected = quadbin.point_to_cell(lon, lat, resolution)
    assert {text: find(text, resolution) for text in spellings} == dict.fromkeys(spellings, expected)


def test_a_point_with_height_in_wkb(handler: Find) -> None:
    with_flag = (b"\x01" + struct.pack("<II3d", 0xA0000001, SRID, -3.7038, 40.4168, 650.0)).hex()
    iso = (b"\x01" + struct.pack("<I3d", 1001, -3.7038, 40.4168, 650.0)).hex()
    find = handler("quadbin_fromgeogpoint")
    assert find(with_flag, 4) == find(iso, 4) == 5207251884775047167


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (ewkb(math.nan, math.nan), "point is an empty point"),
        ("POINT EMPTY", "point is an empty point"),
        ('{"type":"Point","coordinates":[]}', "point is an empty point"),
        (ewkb(1.0, 2.0, srid=3857), "point has SRID 3857, not 4326: transform it first"),
        ("SRID=25830;POINT(1 2)", "point has SRID 25830, not 4326: transform it first"),
        ("0103000020E610000000000000", "point is a POLYGON, not a POINT"),
        ('{"type":"MultiPoint","coordinates":[[1,2]]}', "point is a MULTIPOINT, not a POINT"),
        ("0101000020E6", "point is not readable as WKB: '0101000020E6'"),
        ("{", "point is not readable as GeoJSON: '{'"),
        ("POINT(1)", "point is not readable as WKT: 'POINT(1)'"),
        ("somewhere", "point is not readable as a geometry: 'somewhere'"),
        ("", "point is not readable as a geometry: ''"),
        (ewkb(math.inf, 0.0), "the longitude of point inf is out of range -180 to 180"),
    ],
)
def test_what_is_no_place_says_why(handler: Find, point: str, message: str) -> None:
    with pytest.raises(InvokeError) as raised:
        handler("quadbin_fromgeogpoint")(point, 4)
    assert f"QUADBIN_FROMGEOGPOINT: {message}" in str(raised.value)
