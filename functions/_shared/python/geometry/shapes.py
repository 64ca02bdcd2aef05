"""A column of geometries of any type, read by shapely, which is imported when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .points import SRID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lib.rows.checks import Checks
    from numpy.typing import NDArray

_SHOWN = 60


def read_shapes(checks: Checks, argument: str, texts: Sequence[str]) -> NDArray[Any]:
    """Shapely geometries; None for a row that was rejected. The SRID is 4326 or not given; Z and M may be there."""
    import shapely  # noqa: PLC0415 - 0.1 s of a cold start that the functions without shapes need not pay

    column = np.array(texts, dtype=object)
    starts = np.array([text.lstrip()[:1] for text in texts], dtype="U1")
    hexadecimal, geojson = (starts == "0") | (starts == "1"), starts == "{"
    shapes = np.empty(len(texts), dtype=object)
    with np.errstate(invalid="ignore"):  # GEOS raises the flag for coordinates that are NaN
        shapes[hexadecimal] = shapely.from_wkb(list(map(_binary, column[hexadecimal])), on_invalid="ignore")
        shapes[geojson] = shapely.from_geojson(column[geojson], on_invalid="ignore")
    for row in np.flatnonzero(~(hexadecimal | geojson)).tolist():
        shapes[row] = _from_wkt(shapely, texts[row])
    unreadable = shapely.is_missing(shapes)
    checks.reject(unreadable, lambda row: f"{argument} is not readable as a geometry: {texts[row][:_SHOWN]!r}")
    srids = shapely.get_srid(shapes)
    wrong = ~unreadable & (srids != 0) & (srids != SRID)
    checks.reject(wrong, lambda row: f"{argument} has SRID {srids[row]}, not {SRID}: transform it first")
    shapes[wrong] = None
    return shapes


def _binary(text: str) -> bytes:
    """WKB as bytes, which GEOS reads many times as fast as its hexadecimal text; empty where it is none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _from_wkt(shapely: Any, text: str) -> Any:
    prefix, separator, body = text.rpartition(";")
    srid = prefix.strip().upper().removeprefix("SRID=") if separator else "0"
    with np.errstate(invalid="ignore"):
        shape = shapely.from_wkt(body, on_invalid="ignore") if srid.isdecimal() else None
    return None if shape is None else shapely.set_srid(shape, int(srid))
