"""One line of the benchmark's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """`ours` and `reference` were measured in the same run, in `unit`; `ratio` is ours divided by reference."""

    name: str
    ours: float
    reference: float
    ratio: float
    unit: str
