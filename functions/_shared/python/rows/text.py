"""Rows of numbers as text, a batch at a time: one call of orjson for all of them, then cuts."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# VARCHAR(MAX) in bytes (Amazon Redshift Database Developer Guide, "Character types").
RESULT_LIMIT = 65535
_NINETEEN_DIGITS = 10**18


def too_long(size: int) -> str:
    """Says that a result of so many bytes does not fit."""
    return f"the result would take {size:,} bytes, and VARCHAR(MAX) holds {RESULT_LIMIT:,}"


def float_texts(values: NDArray[np.floating[Any]]) -> list[str]:
    """Each finite number as its shortest exact text."""
    return _dumps(values)[1:-1].split(",") if len(values) else []


def json_rows(values: NDArray[Any]) -> list[str]:
    """The rows of a two-dimensional array as JSON arrays."""
    if not len(values):
        return []
    return [f"[{row}]" for row in _dumps(values)[2:-2].split("],[")]


def id_lists(ids: NDArray[np.int64], counts: Sequence[int]) -> list[str]:
    """JSON arrays out of one run of ids: the first `counts[0]` of them, then the next, and so on."""
    if len(ids) and ids.min() >= _NINETEEN_DIGITS:
        # Every id takes its 19 digits and a comma, so the cuts are known without looking.
        text = _dumps(ids)[1:]
        return [f"[{text[20 * start : 20 * end - 1]}]" if end > start else "[]" for start, end in _cuts(counts)]
    texts = _dumps(ids)[1:-1].split(",")
    return [f"[{','.join(texts[start:end])}]" for start, end in _cuts(counts)]


def _cuts(counts: Sequence[int]) -> pairwise[tuple[int, int]]:
    return pairwise(accumulate(counts, initial=0))


def _dumps(values: NDArray[Any]) -> str:
    return orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY).decode()
