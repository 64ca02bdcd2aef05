"""Quadbin cells: 64-bit ids of the tiles of the Web Mercator quadtree, on whole columns.

`layout` is plain numbers; the other modules import NumPy, which is most of a cold start.

An id is, from the top bit down: 0 1, the mode (3 bits, 1 for a cell), 2 bits that are 0 for a cell, the resolution
(5 bits, 0 to 26), and 52 bits of position: two per level, y before x, the rest of them ones.
Source: the public quadbin specification and its Python library (`quadbin` on PyPI).
"""
