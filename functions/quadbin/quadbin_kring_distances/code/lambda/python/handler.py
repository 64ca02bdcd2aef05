"""QUADBIN_KRING_DISTANCES: cells to all cells around them, with distances."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from gateway import redshift_batch_handler
from lib.cells.ids import check
from lib.cells.rings import ring
from lib.rows.checks import Checks, integers
from lib.rows.text import RESULT_LIMIT, too_long

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


# One object and the comma after it; ids have 19 digits, and no ring that fits has a distance of three.
_RECORD = np.frombuffer(b'{"index":0000000000000000000,"distance":00},', dtype=np.uint8)
_ID, _TENS = slice(9, 28), 40
_SHORTEST = len(_RECORD) - 1


@redshift_batch_handler()
def lambda_handler(origins: Sequence[int], sizes: Sequence[int]) -> Sequence[Any] | NDArray[Any]:
    """Columns of cells and sizes to arrays of objects."""
    checks = Checks("QUADBIN_KRING_DISTANCES")
    cells = check(checks, "origin", integers(origins))
    rings = ring(checks, cells, integers(sizes), RESULT_LIMIT // _SHORTEST)
    text, lengths = _records(rings.cells, rings.distances)
    ends = np.concatenate(([0], np.cumsum(lengths)))[list(accumulate(rings.counts.tolist(), initial=0))].tolist()
    results = [f"[{text[start : end - 1]}]" if end > start else "[]" for start, end in pairwise(ends)]
    for row, result in enumerate(results):
        if len(result) > RESULT_LIMIT:
            checks.note(row, f"size {sizes[row]} is too large: {too_long(len(result))}")
    return checks.finish(results)


def _records(cells: NDArray[np.int64], distances: NDArray[np.int64]) -> tuple[str, NDArray[np.int64]]:
    """All objects in one text, each with a comma after it, and the length of each."""
    records = np.tile(_RECORD, (len(cells), 1))
    digits = orjson.dumps(np.ascontiguousarray(cells), option=orjson.OPT_SERIALIZE_NUMPY)[1:]
    records[:, _ID] = np.frombuffer(digits, dtype=np.uint8).reshape(len(cells), -1)[:, :19] if len(cells) else 0
    tens, ones = np.divmod(distances, 10)
    records[:, _TENS] += tens.astype(np.uint8)
    records[:, _TENS + 1] += ones.astype(np.uint8)
    keep = np.ones(records.shape, dtype=np.bool_)
    keep[:, _TENS] = tens > 0
    return records[keep].tobytes().decode(), _SHORTEST + keep[:, _TENS]
