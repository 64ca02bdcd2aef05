"""NUMERIC in PostgreSQL's binary form: a head of four numbers, then digits to the base of 10,000.

Source: PostgreSQL's numeric_send() and numeric_recv(). redshift-connector's own form is in results.py.
"""

from __future__ import annotations

import struct

from builder.local.sqlstate import SqlError

_HEAD = struct.Struct("!HhHH")
_NEGATIVE = 0x4000
_NAN = 0xC000
# Decimal digits in a digit of the wire.
_WIDTH = 4


def pack(text: str) -> bytes:
    """Of `-123.4500`, whose zeros count: they are the scale."""
    sign = _NEGATIVE if text.startswith("-") else 0
    whole, _, fraction = text.lstrip("-").partition(".")
    whole = whole.lstrip("0")
    padded = whole.rjust(-(-len(whole) // _WIDTH) * _WIDTH, "0") + fraction.ljust(
        -(-len(fraction) // _WIDTH) * _WIDTH, "0"
    )
    digits = [int(padded[at : at + _WIDTH]) for at in range(0, len(padded), _WIDTH)]
    weight = -(-len(whole) // _WIDTH) - 1
    while digits and not digits[0]:
        del digits[0]
        weight -= 1
    while digits and not digits[-1]:
        del digits[-1]
    if not digits:
        sign, weight = 0, 0
    return _HEAD.pack(len(digits), weight, sign, len(fraction)) + struct.pack(f"!{len(digits)}H", *digits)


def unpack(data: bytes) -> str:
    """Raises struct.error for a length that is not what the head says."""
    count, weight, sign, scale = _HEAD.unpack(data[: _HEAD.size])
    digits = struct.unpack(f"!{count}H", data[_HEAD.size :])
    if sign == _NAN:
        raise SqlError("22003", "NaN is no value of type numeric")
    if sign not in {0, _NEGATIVE} or any(digit >= 10**_WIDTH for digit in digits):
        raise struct.error
    number = "".join(f"{digit:0{_WIDTH}}" for digit in digits)
    point = (weight + 1) * _WIDTH
    number = number.rjust(len(number) - min(point, 0), "0") if point < 0 else number.ljust(point, "0")
    point = max(point, 0)
    whole, fraction = number[:point].lstrip("0") or "0", number[point:]
    text = f"{whole}.{fraction[:scale].ljust(scale, '0')}" if scale else whole
    return f"-{text}" if sign else text
