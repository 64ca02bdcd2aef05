"""Against boxes tested one by one with shapely, and against the `quadbin` library where the two agree on an edge."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
import quadbin
import shapely
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import InvokeError

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str], Callable[..., Any]]

# The square world's northern edge: atan(sinh(pi)).
LIMIT = math.degrees(math.atan(math.sinh(math.pi)))
# In degrees. Edges of cells and rounding are for the tests below that say what they expect.
NEAR = 1e-9


def boxes(shape: shapely.Geometry, z: int, *, grown: float = 0.0) -> set[int]:
    """Every cell whose box, grown by so many degrees on each side, the shape meets."""
    west, south, east, north = shape.bounds
    last = (1 << z) - 1
    columns = range(max(column(west, z) - 1, 0), min(column(east, z) + 1, last) + 1)
    rows = range(max(row(north, z) - 1, 0), min(row(south, z) + 1, last) + 1)
    cells = (quadbin.tile_to_cell((x, y, z)) for x in columns for y in rows)
    return {cell for cell in cells if shape.intersects(box(cell, grown))}


def assert_meets(found: list[int], shape: shapely.Geometry, z: int) -> None:
    """Each cell once; all that the shape meets for certain, and none that it does not come near."""
    assert len(found) == len(set(found))
    assert boxes(shape, z, grown=-NEAR) <= set(found) <= boxes(shape, z, grown=NEAR)


def column(lon: float, z: int) -> int:
    return math.floor((lon + 180) / 360 * (1 << z))


def row(lat: float, z: int) -> int:
    """By inverting the projection's own formula: y = (1 - asinh(tan(lat)) / pi) / 2."""
    clipped = math.radians(max(-LIMIT, min(lat, LIMIT)))
    return math.floor((1 - math.asinh(math.tan(clipped)) / math.pi) / 2 * (1 << z))


def box(cell: int, grown: float) -> shapely.Polygon:
    west, south, east, north = quadbin.cell_to_bounding_box(cell)
    return shapely.box(west - grown, south - grown, east + grown, north + grown)


PLACES = st.tuples(st.floats(-179, 179), st.floats(-89, 89))


@st.composite
def stars(draw: st.DrawFn) -> shapely.Polygon:
    """A polygon with a hole of the same form, both star-shaped around a place: valid, and not convex."""
    lon, lat = draw(PLACES)
    size = draw(st.floats(1e-6, min(180 - abs(lon), 90 - abs(lat))))
    radii = draw(st.lists(st.floats(0.2, 1.0), min_size=3, max_size=12))
    turns = [2 * math.pi * n / len(radii) for n in range(len(radii))]

    def ring(scale: float) -> list[tuple[float, float]]:
        return [
            (lon + scale * size * r * math.cos(a), lat + scale * size * r * math.sin(a))
            for r, a in zip(radii, turns, strict=True)
        ]

    return shapely.Polygon(ring(1.0), [ring(draw(st.floats(0.1, 0.9)))])


def resolution_for(shape: shapely.Geometry) -> int:
    """One at which the shape is some ten cells wide, so that the boxes around it can be tested one by one."""
    west, south, east, north = shape.bounds
    return max(0, min(26, round(math.log2(3600 / max(east - west, 2 * (north - south), 1e-6)))))


@given(shape=stars())
def test_polygons_with_a_hole(handler: Find, shape: shapely.Polygon) -> None:
    z = resolution_for(shape)
    assert_meets(handler("quadbin_polyfill")(shape.wkt, z), shapely.from_wkt(shape.wkt), z)


@given(places=st.lists(PLACES, min_size=2, max_size=6))
def test_lines(handler: Find, places: list[tuple[float, float]]) -> None:
    shape = shapely.LineString(places)
    z = min(resolution_for(shape), 6)
    assert_meets(handler("quadbin_polyfill")(shapely.to_wkb(shape, hex=True), z), shape, z)


@given(places=st.lists(PLACES, min_size=1, max_size=9), z=st.integers(0, 26))
def test_points_are_where_the_library_has_them(handler: Find, places: list[tuple[float, float]], z: int) -> None:
    found = handler("quadbin_polyfill")(shapely.MultiPoint(places).wkt, z)
    read = shapely.get_coordinates(shapely.from_wkt(shapely.MultiPoint(places).wkt)).tolist()
    assert len(found) == len(set(found))
    assert set(found) == {quadbin.point_to_cell(lon, lat, z) for lon, lat in read}


@given(first=stars(), second=stars(), place=PLACES)
def test_collections_are_the_union_of_their_members(
    handler: Find, first: shapely.Polygon, second: shapely.Polygon, place: tuple[float, float]
) -> None:
    line = shapely.LineString([place, first.centroid.coords[0]])
    inner = shapely.GeometryCollection([second, shapely.MultiLineString([line])])
    whole = shapely.GeometryCollection([first, shapely.Point(place), inner])
    find, z = handler("quadbin_polyfill"), 4
    members = [find(shapely.to_wkb(part, hex=True), z) for part in (first, second, line, shapely.Point(place))]
    found = find(shapely.to_wkb(whole, hex=True), z)
    assert len(found) == len(set(found))
    assert set(found) == {cell for cells in members for cell in cells}


def test_a_cells_own_outline_meets_its_eastern_and_southern_neighbours_too(handler: Find) -> None:
    """The outline is closed, and those neighbours hold the edges that they share with the cell."""
    cell = quadbin.tile_to_cell((7, 6, 4))
    outline = json.dumps({"type": "Polygon", "coordinates": [quadbin.cell_to_boundary(cell)]})
    expected = [quadbin.tile_to_cell((x, y, 4)) for y in (6, 7) for x in (7, 8)]
    assert handler("quadbin_polyfill")(outline, 4) == expected


def test_a_line_through_a_corner_is_not_in_the_cell_that_it_only_touches(handler: Find) -> None:
    """North-west to south-east through 0, 0, which is the south-eastern cell's."""
    found = handler("quadbin_polyfill")("LINESTRING(-10 10,10 -10)", 3)
    assert found == [quadbin.tile_to_cell((3, 3, 3)), quadbin.tile_to_cell((4, 4, 3))]
    found = handler("quadbin_polyfill")("LINESTRING(1.4375 1.4375,-3 -3)", 3)
    assert found == [quadbin.tile_to_cell(tile) for tile in ((4, 3, 3), (3, 4, 3), (4, 4, 3))]


def test_the_whole_world(handler: Find) -> None:
    world = "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))"
    found = handler("quadbin_polyfill")(world, 4)
    assert found == [quadbin.tile_to_cell((x, y, 4)) for y in range(16) for x in range(16)]


def test_beyond_the_square_world_there_is_nothing(handler: Find) -> None:
    assert handler("quadbin_polyfill")("POLYGON((0 86,10 86,10 89,0 89,0 86))", 5) == []
    assert handler("quadbin_polyfill")("LINESTRING(0 -86,50 -89)", 5) == []
    across = handler("quadbin_polyfill")("LINESTRING(1 85,1 89)", 5)
    assert across == [quadbin.tile_to_cell((16, 0, 5))]


@pytest.mark.parametrize("kind", ["POINT", "LINESTRING", "POLYGON", "MULTIPOLYGON", "GEOMETRYCOLLECTION"])
def test_an_empty_geometry_meets_nothing(handler: Find, kind: str) -> None:
    assert handler("quadbin_polyfill")(f"{kind} EMPTY", 3) == []


def test_natural_earths_rounding_noise_at_the_antimeridian(handler: Find) -> None:
    found = handler("quadbin_polyfill")("POLYGON((179 1,180.00000000000006 1,180 2,179 2,179 1))", 8)
    assert {quadbin.cell_to_tile(cell)[0] for cell in found} == {255}


def test_height_is_not_looked_at(handler: Find) -> None:
    find = handler("quadbin_polyfill")
    assert find("LINESTRING Z(0 1 5,3 4 9)", 7) == find("LINESTRING(0 1,3 4)", 7)


def test_many_edges_and_rows_at_once(handler: Find) -> None:
    """A zigzag of 2,000 edges over 200 rows: more pairs of edge and row than are worked on at once."""
    z = 16
    west, _, _, north = quadbin.cell_to_bounding_box(quadbin.tile_to_cell((33000, 33000, z)))
    _, south, east, _ = quadbin.cell_to_bounding_box(quadbin.tile_to_cell((33014, 33199, z)))
    turns = [west + (east - west) * n / 2000 for n in range(1, 2000)]
    line = shapely.LineString([(lon, north - 1e-9 if n % 2 else south + 1e-9) for n, lon in enumerate(turns)])
    assert_meets(handler("quadbin_polyfill")(line.wkt, z), shapely.from_wkt(line.wkt), z)


@pytest.mark.parametrize(
    "geom",
    [
        "POLYGON((-180 -85,180 -85,180 85,-180 85,-180 -85))",
        "LINESTRING(0 -85,0 85)",
        "LINESTRING(-180 0,180 0)",
        "MULTIPOINT(" + ",".join(f"{n / 20} 1" for n in range(3277)) + ")",
    ],
)
def test_more_than_a_result_holds_is_an_error_at_once(handler: Find, geom: str) -> None:
    """The first would be 4,503 million million cells."""
    with pytest.raises(InvokeError, match="a result holds 3,276"):
        handler("quadbin_polyfill")(geom, 26)


def test_exactly_what_a_result_holds(handler: Find) -> None:
    """3,276 cells in a row, from the middle of the first to the middle of the last."""
    first, last = (quadbin.tile_to_cell((x, 9000, 14)) for x in (4000, 4000 + 3275))
    ends = [quadbin.cell_to_point(cell) for cell in (first, last)]
    line = json.dumps({"type": "LineString", "coordinates": [ends[0], [ends[1][0], ends[0][1]]]})
    found = handler("quadbin_polyfill")(line, 14)
    assert found == [quadbin.tile_to_cell((x, 9000, 14)) for x in range(4000, 4000 + 3276)]


@pytest.mark.parametrize(
    ("geom", "message"),
    [
        ("POLYGON((0 0,1 0", "geom is not readable as a geometry: 'POLYGON((0 0,1 0'"),
        ("0103", "geom is not readable as a geometry: '0103'"),
        ('{"type":"Polygon"}', "geom is not readable as a geometry"),
        ("SRID=3857;POINT(1 2)", "geom has SRID 3857, not 4326: transform it first"),
        ("LINESTRING(0 0,0 91)", "geom has latitude 91.0, which is out of range -90 to 90"),
        ("LINESTRING(0 0,NaN 1)", "geom has longitude nan, which is out of range -180 to 180"),
    ],
)
def test_what_is_no_geometry_says_why(handler: Find, geom: str, message: str) -> None:
    with pytest.raises(InvokeError) as raised:
        handler("quadbin_polyfill")(geom, 4)
    assert f"QUADBIN_POLYFILL: {message}" in str(raised.value)


def test_one_bad_row_names_itself_among_good_ones(catalogue: Any) -> None:
    rows = [["POINT(1 2)", 4], [None, 4], ["LINESTRING(0 0,200 0)", 4]]
    with pytest.raises(InvokeError, match=r"geom has longitude 200\.0"):
        catalogue.in_process.call(catalogue.function("quadbin_polyfill"), rows)
