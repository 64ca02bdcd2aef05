"""QUADBIN_ISVALID: which integers are cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway import redshift_batch_handler
from lib.cells import valid
from lib.rows import integers

if TYPE_CHECKING:
    from collections.abc import Sequence


@redshift_batch_handler()
def lambda_handler(quadbins: Sequence[int]) -> Sequence[bool]:
    """A column of integers to booleans."""
    answers: list[bool] = valid(integers(quadbins)).tolist()
    return answers
