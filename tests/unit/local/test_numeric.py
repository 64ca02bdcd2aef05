"""NUMERIC in binary, against the bytes that psycopg makes of the same numbers."""

from __future__ import annotations

import struct
from decimal import Decimal

import pytest
from psycopg.types.numeric import dump_decimal_to_numeric_binary

from builder.local.sqlstate import SqlError
from builder.local.wire import numeric

TEXTS = [
    "0",
    "0.00",
    "1",
    "-1.5",
    "12345.678",
    "0.0001",
    "-0.00001234",
    "10000",
    "100000000.5",
    "99999999999999999999.01",
]


@pytest.mark.parametrize("text", TEXTS)
def test_there_and_back(text: str) -> None:
    data = bytes(dump_decimal_to_numeric_binary(Decimal(text)))
    assert numeric.pack(text) == data
    assert numeric.unpack(data) == text


def test_what_is_no_number() -> None:
    with pytest.raises(SqlError):
        numeric.unpack(bytes(dump_decimal_to_numeric_binary(Decimal("NaN"))))
    for broken in (b"\0", struct.pack("!HhHHH", 2, 0, 0, 0, 1), struct.pack("!HhHHH", 1, 0, 0, 0, 10_000)):
        with pytest.raises(struct.error):
            numeric.unpack(broken)
