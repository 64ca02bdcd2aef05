"""Through SQL, with expected values from the `quadbin` library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import quadbin

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.cloud

CELL = 5207251884775047167


def test_a_ring(run_query: Query) -> None:
    ((found,),) = run_query(f"SELECT JSON_SERIALIZE(carto.QUADBIN_KRING({CELL}, 2))")
    assert json.loads(found) == quadbin.k_ring(CELL, 2)


def test_an_error_names_function_argument_and_value(run_query: Query) -> None:
    with pytest.raises(Exception, match="QUADBIN_KRING: size -1 is out of range 0 to"):
        run_query(f"SELECT carto.QUADBIN_KRING({CELL}, -1)")
