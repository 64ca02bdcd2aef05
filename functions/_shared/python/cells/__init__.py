"""Quadbin cells: 64-bit ids of the tiles of the Web Mercator quadtree, on whole columns.

An id is, from the top bit down: 0 1, the mode (3 bits, 1 for a cell), 2 bits that are 0 for a cell, the resolution
(5 bits, 0 to 26), and 52 bits of position: two per level, y before x, the rest of them ones.
Source: the public quadbin specification and its Python library (`quadbin` on PyPI).
"""

from __future__ import annotations

from .ids import CELLS_LIMIT, MAX_RESOLUTION, ROOT, check, decode, encode, from_position, valid
from .mercator import LATITUDE_LIMIT, NOISE, bounds, degrees, latitude, longitude, row_of, tile_x, tile_y
from .rings import Rings, ring

__all__ = [
    "CELLS_LIMIT",
    "LATITUDE_LIMIT",
    "MAX_RESOLUTION",
    "NOISE",
    "ROOT",
    "Rings",
    "bounds",
    "check",
    "decode",
    "degrees",
    "encode",
    "from_position",
    "latitude",
    "longitude",
    "ring",
    "row_of",
    "tile_x",
    "tile_y",
    "valid",
]
