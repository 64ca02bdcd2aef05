"""Against the published bit layout."""

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


@given(tile=tiles())
def test_every_tile_has_a_valid_cell(handler: Find, tile: tuple[int, int, int]) -> None:
    assert handler("quadbin_isvalid")(quadbin.tile_to_cell(tile)) is True


@given(tile=tiles(), bit=st.integers(0, 63))
def test_one_wrong_bit(handler: Find, tile: tuple[int, int, int], bit: int) -> None:
    """Position bits and the two spare bits may be anything; header, mode and the ones below the position may not."""
    z = tile[2]
    flipped = quadbin.tile_to_cell(tile) ^ (1 << bit)
    signed = flipped - (1 << 64) if flipped >> 63 else flipped
    if 52 <= bit < 57:
        finer = z ^ (1 << bit - 52)
        ones = ((1 << 52) - 1) >> 2 * min(finer, 26)
        expected = finer <= 26 and flipped & ones == ones
    else:
        expected = 52 - 2 * z <= bit < 52 or bit in {57, 58}
    assert handler("quadbin_isvalid")(signed) is expected


@given(tile=tiles(), bits=st.lists(st.integers(0, 62), max_size=3))
def test_few_rows_and_many_get_the_same_answer(catalogue: Any, tile: tuple[int, int, int], bits: list[int]) -> None:
    """Many rows take another road."""
    number = quadbin.tile_to_cell(tile)
    for bit in bits:
        number ^= 1 << bit
    function = catalogue.function("quadbin_isvalid")
    (alone,) = catalogue.in_process.call(function, [[number]])
    assert catalogue.in_process.call(function, [[number]] * 1500) == [alone] * 1500
