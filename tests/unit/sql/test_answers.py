from __future__ import annotations

import json
from datetime import date, datetime, timezone
from decimal import Decimal

from builder.core.calls.answers import float_text, objects


def test_columns_of_one_name_are_all_kept() -> None:
    assert objects(("n", "n", "n_2", "n"), [(1, 2, 3, 4)]) == [{"n": 1, "n_2": 2, "n_2_2": 3, "n_3": 4}]


def test_every_value_is_one_that_json_has_and_keeps_its_digits() -> None:
    row = (
        Decimal("0.10"),
        date(2026, 11, 21),
        datetime(2026, 11, 21, 12, tzinfo=timezone.utc),
        b"\x01\xff",
        None,
        2**63 - 1,
    )

    (found,) = objects(("a", "b", "c", "d", "e", "f"), [row])

    assert json.loads(json.dumps(found)) == {
        "a": "0.10",
        "b": "2026-11-21",
        "c": "2026-11-21T12:00:00+00:00",
        "d": "01ff",
        "e": None,
        "f": 9223372036854775807,
    }


def test_floats_that_json_lacks_are_redshifts_texts() -> None:
    row = (float("nan"), float("inf"), float("-inf"), 0.1)
    (found,) = objects(("a", "b", "c", "d"), [row])
    assert json.dumps(found, allow_nan=False) == '{"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": 0.1}'


def test_a_floats_text_keeps_every_digit() -> None:
    assert float(float_text(5e-324)) == 5e-324
    assert float_text(0.1 + 0.2) == "0.30000000000000004"
