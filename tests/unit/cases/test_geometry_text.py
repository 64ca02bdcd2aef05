"""When two WKT texts stand for the same geometry."""

from __future__ import annotations

import pytest

from builder.core.calls.geometry_text import same_geometry

SQUARE = "POLYGON((0 0,1 0,1 1,0 1,0 0))"
HOLED = "POLYGON((0 0,9 0,9 9,0 9,0 0),(1 1,2 1,2 2,1 1),(5 5,6 5,6 6,5 5))"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("POINT (1 2)", "point(1.0 2e0)"),
        ("SRID=4326;POINT(1 2)", "POINT(1 2)"),
        ("POINT(1 2)", "POINT(1.0000000005 2)"),
        (SQUARE, "POLYGON ((1 1, 0 1, 0 0, 1 0, 1 1))"),
        (SQUARE, "POLYGON((0 0,0 1,1 1,1 0,0 0))"),
        (HOLED, "POLYGON((0 0,9 0,9 9,0 9,0 0),(6 6,5 5,6 5,6 6),(1 1,2 1,2 2,1 1))"),
        ("MULTIPOINT(1 2,3 4)", "MULTIPOINT((3 4),(1 2))"),
        (
            "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))",
            "MULTIPOLYGON(((5 5,6 5,6 6,5 5)),((0 0,1 0,1 1,0 0)))",
        ),
        ("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))", "GEOMETRYCOLLECTION(LINESTRING(0 0,1 1),POINT(1 2))"),
        ("POLYGON EMPTY", "POLYGON EMPTY"),
        ("POINT Z (1 2 3)", "POINT Z(1 2 3)"),
    ],
)
def test_the_same(left: str, right: str) -> None:
    assert same_geometry(left, right, tolerance=1e-9)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("POINT(1 2)", "POINT(2 1)"),
        ("POINT(1 2)", "POINT(1.00000001 2)"),
        ("POINT(1 2)", "MULTIPOINT((1 2))"),
        ("LINESTRING(0 0,1 1)", "LINESTRING(1 1,0 0)"),
        (SQUARE, "POLYGON((0 0,1 0,0 1,1 1,0 0))"),
        (SQUARE, "POLYGON((0 0,2 0,2 2,0 2,0 0))"),
        (HOLED, "POLYGON((0 0,9 0,9 9,0 9,0 0),(1 1,2 1,2 2,1 1))"),
        ("MULTIPOINT((1 2),(1 2))", "MULTIPOINT((1 2),(3 4))"),
        ("POLYGON EMPTY", SQUARE),
    ],
)
def test_not_the_same(left: str, right: str) -> None:
    assert not same_geometry(left, right, tolerance=1e-9)


@pytest.mark.parametrize("text", ["", "POINT(1 2", "POINT(1 2) x", "POINT 1 2", '{"type": "Point"}', "POINT((1 2)"])
def test_what_is_not_wkt_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"WKT|after the geometry"):
        same_geometry(text, "POINT(1 2)", tolerance=0)
