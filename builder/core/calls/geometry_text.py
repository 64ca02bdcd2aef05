"""Compares two geometries given as WKT, within a tolerance in the coordinates' unit.

Rings are equal whatever vertex they start at and whichever way they turn; the members of a multi-geometry are equal in
any order. It needs no geometry library, so that `builder test` runs wherever the builder does.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

_TOKEN = re.compile(r"\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),;=])")
_FLAT = {"POINT", "LINESTRING"}
_MEMBERS = {"MULTIPOLYGON": "POLYGON", "MULTILINESTRING": "LINESTRING", "MULTIPOINT": "POINT"}


def same_geometry(left: str, right: str, *, tolerance: float) -> bool:
    """Whether two WKT texts stand for the same geometry. Raises ValueError for what is not WKT."""
    return _same(_read(left), _read(right), tolerance)


def _read(text: str) -> tuple[str, Any]:
    text = re.sub(r"^\s*SRID=\d+;", "", text).strip()
    tokens: deque[str] = deque()
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise ValueError(f"not WKT at character {position}: {text[position : position + 40]!r}")
        tokens.append(match.group(1).upper())
        position = match.end()
    geometry = _geometry(tokens)
    if tokens:
        raise ValueError(f"more text after the geometry: {tokens[0]!r}")
    return geometry


def _geometry(tokens: deque[str]) -> tuple[str, Any]:
    kind = _take(tokens)
    while tokens and tokens[0] in {"Z", "M", "ZM"}:
        tokens.popleft()
    if tokens and tokens[0] == "EMPTY":
        tokens.popleft()
        return kind, []
    _take(tokens, "(")
    if kind != "GEOMETRYCOLLECTION":
        return kind, _nested(tokens)
    members = [_geometry(tokens)]
    while _take(tokens, ",", ")") == ",":
        members.append(_geometry(tokens))
    return kind, members


def _nested(tokens: deque[str]) -> list[Any]:
    """Coordinates up to the closing parenthesis: a list of points (tuples) or of lists."""
    items: list[Any] = []
    while True:
        if tokens and tokens[0] == "(":
            tokens.popleft()
            items.append(_nested(tokens))
        else:
            numbers = []
            while tokens and tokens[0] not in {",", ")"}:
                numbers.append(float(tokens.popleft()))
            items.append(tuple(numbers))
        if _take(tokens, ",", ")") == ")":
            return items


def _take(tokens: deque[str], *expected: str) -> str:
    if not tokens or (expected and tokens[0] not in expected):
        wanted = " or ".join(repr(token) for token in expected) or "a geometry"
        raise ValueError(f"not WKT: {wanted} expected, found {tokens[0] if tokens else 'the end'!r}")
    return tokens.popleft()


def _same(left: tuple[str, Any], right: tuple[str, Any], tolerance: float) -> bool:
    if left[0] != right[0] or len(left[1]) != len(right[1]):
        return False
    kind = left[0]
    if kind in _FLAT:
        return _same_points(left[1], right[1], tolerance)
    if kind == "POLYGON":
        outer = not left[1] or _same_ring(left[1][0], right[1][0], tolerance)
        return outer and _match(left[1][1:], right[1][1:], lambda a, b: _same_ring(a, b, tolerance))
    member = _MEMBERS.get(kind)
    if member == "POINT":
        # MULTIPOINT (1 2, 3 4) and MULTIPOINT ((1 2), (3 4)) are both in use.
        flat = [[point if isinstance(point, tuple) else point[0] for point in side[1]] for side in (left, right)]
        return _match(flat[0], flat[1], lambda a, b: _same_points([a], [b], tolerance))
    if member:
        return _match(left[1], right[1], lambda a, b: _same((member, a), (member, b), tolerance))
    return _match(left[1], right[1], lambda a, b: _same(a, b, tolerance))


def _same_points(left: list[Any], right: list[Any], tolerance: float) -> bool:
    return len(left) == len(right) and all(
        len(a) == len(b) and all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))
        for a, b in zip(left, right, strict=True)
    )


def _same_ring(left: list[Any], right: list[Any], tolerance: float) -> bool:
    if len(left) != len(right):
        return False
    open_left, open_right = left[:-1], right[:-1]
    for candidate in (open_right, open_right[::-1]):
        for shift in range(len(candidate)):
            if _same_points(open_left, candidate[shift:] + candidate[:shift], tolerance):
                return True
    return not open_left


def _match(left: list[Any], right: list[Any], same: Any) -> bool:
    remaining = list(right)
    for item in left:
        found = next((index for index, other in enumerate(remaining) if same(item, other)), None)
        if found is None:
            return False
        del remaining[found]
    return not remaining
