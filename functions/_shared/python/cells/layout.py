"""The bits of an id, as numbers."""

from __future__ import annotations

MAX_RESOLUTION = 26
# The header bit and mode 1.
CELL = 0x4800000000000000
POSITION = (1 << 52) - 1
# The cell of resolution 0: the whole world.
ROOT = CELL | POSITION
# An id has 19 digits: 3,276 of them, with commas and brackets, are the most that VARCHAR(MAX)'s 65,535 bytes hold.
CELLS_LIMIT = (65535 - 1) // 20
