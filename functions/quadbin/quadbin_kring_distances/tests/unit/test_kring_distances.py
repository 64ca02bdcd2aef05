"""Against the `quadbin` library inside the world, and step by step at its edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import quadbin
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str], Callable[..., Any]]


@st.composite
def tiles(draw: st.DrawFn, *, finest: int = 26) -> tuple[int, int, int]:
    """(x, y, z) of any tile."""
    z = draw(st.integers(0, finest))
    last = (1 << z) - 1
    return draw(st.integers(0, last)), draw(st.integers(0, last)), z


def around(tile: tuple[int, int, int], size: int) -> dict[int, int]:
    """Cells and distances, one step at a time: columns modulo the world, rows that are there."""
    x, y, z = tile
    found: dict[int, int] = {}
    for down in range(-size, size + 1):
        for right in range(-size, size + 1):
            if 0 <= y + down < 1 << z:
                cell = quadbin.tile_to_cell(((x + right) % (1 << z), y + down, z))
                distance = max(abs(down), abs(right))
                found[cell] = min(distance, found.get(cell, distance))
    return found


@given(tile=tiles(), size=st.integers(0, 5))
def test_every_cell_around_once_at_its_distance(handler: Find, tile: tuple[int, int, int], size: int) -> None:
    found = handler("quadbin_kring_distances")(quadbin.tile_to_cell(tile), size)
    assert len(found) == len({each["index"] for each in found})
    assert {each["index"]: each["distance"] for each in found} == around(tile, size)


@given(x=st.integers(100, 900), y=st.integers(100, 900), size=st.integers(0, 12))
def test_the_librarys_objects_in_its_order(handler: Find, x: int, y: int, size: int) -> None:
    cell = quadbin.tile_to_cell((x, y, 10))
    assert handler("quadbin_kring_distances")(cell, size) == quadbin.k_ring_distances(cell, size)


def test_the_largest_ring_that_fits(handler: Find) -> None:
    cell = quadbin.tile_to_cell((500, 500, 10))
    assert handler("quadbin_kring_distances")(cell, 18) == quadbin.k_ring_distances(cell, 18)
