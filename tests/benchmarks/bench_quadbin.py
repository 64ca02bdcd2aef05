"""Rows quadbin/<function> and quadbin/geomean: our handlers against a plain loop over the `quadbin` library.

Both sides start from the same columns, as Redshift sends them (geometries as hexadecimal EWKB), and end with the same
values: integers, booleans, JSON text for SUPER, WKT for geometries. Ours is the handler with the columns of one batch,
as large as the function's own max_batch_rows lets it be; the reference calls the library row by row. Where the library
has no such function (quadkeys, quadints), the loop does what its user would write. The functions in plain SQL
(TOZXY, RESOLUTION, TOPARENT, DISTANCE) have no handler, so they are left out.
"""

from __future__ import annotations

import json
import math
import random
import struct
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import quadbin
import shapely
from gateway.decorators import Handler
from gateway.functions import Functions
from gateway.manifest import read

from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.images import build_plan
from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Columns = list[list[Any]]

ROOT = Path(__file__).resolve().parents[2]
BATCH = 10_000
REFERENCE_ROWS = 1_000
REPEATS = 7
GEOMEAN = "quadbin/geomean"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A function's columns, and the loop's body: one row's arguments to one row's value."""

    columns: Callable[[random.Random, int], Columns]
    row: Callable[..., Any]


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """A row for each Lambda function, then the geometric mean of all."""
    names = [name for name in SUBJECTS if wanted(f"quadbin/{name}") or wanted(GEOMEAN)]
    rows = []
    for name, handler, batch in _handlers(names):
        row = _compare(name, handler, batch)
        rows.append(row)
        if wanted(row.name):
            yield row
    if wanted(GEOMEAN):
        ours, reference = (
            math.exp(math.fsum(map(math.log, side)) / len(rows)) for side in zip(*_speeds(rows), strict=True)
        )
        yield Row(name=GEOMEAN, ours=ours, reference=reference, ratio=ours / reference, unit="rows/s")


def _speeds(rows: Sequence[Row]) -> list[tuple[float, float]]:
    return [(row.ours, row.reference) for row in rows]


def _handlers(names: Sequence[str]) -> Iterator[tuple[str, Callable[..., Any], int]]:
    """Each function as the runtime loads it, without the envelope, and the rows of one batch."""
    catalog = open_catalog(("functions",), ROOT)
    (module,) = [module for module in group(catalog, catalog.functions) if module.name == "quadbin"]
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "manifest.json"
        manifest.write_text(json.dumps(build_plan.source_manifest(module)))
        functions = Functions(read(str(manifest)))
        for name in names:
            handler = functions.load(functions.find(name)).handler
            if not isinstance(handler, Handler) or not handler.by_columns:
                raise TypeError(f"{name} does not take columns")
            (config,) = [each.config for each in module.functions if each.name == name]
            yield name, handler.function, min(config.max_batch_rows or BATCH, BATCH)


def _compare(name: str, handler: Callable[..., Any], batch: int) -> Row:
    subject = SUBJECTS[name]
    columns = subject.columns(random.Random(7), batch)  # noqa: S311 - the same columns in every run
    few = [column[:REFERENCE_ROWS] for column in columns]
    rows = list(zip(*few, strict=True))
    handler(*few)  # the first call imports what later ones have

    def ours() -> list[Any]:
        results = handler(*columns)
        return results if isinstance(results, list) else list(results.tolist())

    def loop() -> list[Any]:
        return [subject.row(*row) for row in rows]

    _check(name, ours()[: len(rows)], loop())
    best, best_loop = _best(ours, loop)
    mine, theirs = batch / best, len(rows) / best_loop
    return Row(name=f"quadbin/{name}", ours=mine, reference=theirs, ratio=mine / theirs, unit="rows/s")


def _check(name: str, ours: list[Any], theirs: list[Any]) -> None:
    """Two sides that answer differently are not compared."""
    for mine, reference in zip(ours, theirs, strict=True):
        if not _same(mine, reference):
            raise AssertionError(f"{name}: {mine} is not {reference}")


def _same(mine: Any, reference: Any) -> bool:
    if not isinstance(mine, str) or mine == reference:
        return bool(mine == reference)
    if mine.startswith("P"):
        one, other = (shapely.get_coordinates(shapely.from_wkt(text)) for text in (mine, reference))
        return bool(abs(one - other).max() < 1e-9)
    one, other = json.loads(mine), json.loads(reference)
    if isinstance(one[0], float):
        return all(abs(a - b) < 1e-9 for a, b in zip(one, other, strict=True))
    return sorted(one, key=str) == sorted(other, key=str)


def _best(*works: Callable[[], object]) -> list[float]:
    """Seconds of the fastest run of each, taken in turns: the others had the machine less to themselves."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return list(map(min, times))


def _cells(rng: random.Random, count: int, low: int = 5, high: int = 26) -> list[int]:
    """Cells between 60 degrees south and north, away from the antimeridian, where the library's rings end."""
    return [
        quadbin.point_to_cell(rng.uniform(-140, 140), rng.uniform(-60, 60), rng.randint(low, high))
        for _ in range(count)
    ]


def _places(rng: random.Random, count: int) -> Columns:
    return [
        [rng.uniform(-180, 180) for _ in range(count)],
        [rng.uniform(-85, 85) for _ in range(count)],
        [rng.randint(0, 26) for _ in range(count)],
    ]


def _points(rng: random.Random, count: int) -> Columns:
    lon, lat, resolutions = _places(rng, count)
    wkb = [struct.pack("<BIIdd", 1, 0x20000001, 4326, *place).hex().upper() for place in zip(lon, lat, strict=True)]
    return [wkb, resolutions]


def _tiles(rng: random.Random, count: int) -> Columns:
    x, y, z = zip(*map(quadbin.cell_to_tile, _cells(rng, count)), strict=True)
    return [list(z), list(x), list(y)]


def _with(values: Callable[[random.Random, int], Any], low: int = 5, high: int = 26) -> Callable[..., Columns]:
    """Cells, and for each a value drawn for its resolution."""

    def columns(rng: random.Random, count: int) -> Columns:
        cells = _cells(rng, count, low, high)
        return [cells, [values(rng, quadbin.get_resolution(cell)) for cell in cells]]

    return columns


def _polygons(rng: random.Random, count: int) -> Columns:
    """Rough outlines of 5 to 60 vertices, some 1 to 6 cells wide."""
    shapes, resolutions = [], []
    for _ in range(count):
        resolution = rng.randint(6, 16)
        lon, lat = rng.uniform(-140, 140), rng.uniform(-60, 60)
        size = 360 / 2**resolution * rng.uniform(0.5, 3)
        corners = rng.randint(5, 60)
        turns = [2 * math.pi * n / corners for n in range(corners)]
        outline = [(r * math.cos(a), r * math.sin(a)) for a in turns for r in [size * rng.uniform(0.6, 1)]]
        shapes.append(shapely.Polygon([(lon + east, lat + north / 2) for east, north in outline]))
        resolutions.append(resolution)
    return [shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True).tolist(), resolutions]


def _quadkey_columns(rng: random.Random, count: int) -> Columns:
    return [["".join(rng.choices("0123", k=rng.randint(1, 26))) for _ in range(count)]]


def _quadint_columns(rng: random.Random, count: int) -> Columns:
    return [[z | x << 5 | y << z + 5 for z, x, y in zip(*_tiles(rng, count), strict=True)]]


def _cell_columns(rng: random.Random, count: int) -> Columns:
    return [_cells(rng, count)]


def _geogpoint(point: str, resolution: int) -> int:
    found = shapely.from_wkb(bytes.fromhex(point))
    cell: int = quadbin.point_to_cell(found.x, found.y, resolution)
    return cell


def _from_quadkey(quadkey: str) -> int:
    x = y = 0
    for digit in map(int, quadkey):
        x, y = x << 1 | digit & 1, y << 1 | digit >> 1
    cell: int = quadbin.tile_to_cell((x, y, len(quadkey)))
    return cell


def _to_quadkey(cell: int) -> str:
    x, y, z = quadbin.cell_to_tile(cell)
    return "".join(str((x >> level & 1) + 2 * (y >> level & 1)) for level in range(z - 1, -1, -1))


def _from_quadint(quadint: int) -> int:
    z = quadint & 31
    cell: int = quadbin.tile_to_cell((quadint >> 5 & (1 << z) - 1, quadint >> z + 5, z))
    return cell


def _boundary(cell: int) -> str:
    return f"POLYGON(({','.join(f'{lon} {lat}' for lon, lat in quadbin.cell_to_boundary(cell))}))"


def _center(cell: int) -> str:
    lon, lat = quadbin.cell_to_point(cell)
    return f"POINT({lon} {lat})"


def _polyfill(geom: str, resolution: int) -> str:
    return json.dumps(quadbin.geometry_to_cells(shapely.to_geojson(shapely.from_wkb(bytes.fromhex(geom))), resolution))


SUBJECTS = {
    "__quadbin_fromquadint": Subject(columns=_quadint_columns, row=_from_quadint),
    "quadbin_bbox": Subject(columns=_cell_columns, row=lambda cell: json.dumps(quadbin.cell_to_bounding_box(cell))),
    "quadbin_boundary": Subject(columns=_cell_columns, row=_boundary),
    "quadbin_center": Subject(columns=_cell_columns, row=_center),
    "quadbin_fromgeogpoint": Subject(columns=_points, row=_geogpoint),
    "quadbin_fromlonglat": Subject(columns=_places, row=quadbin.point_to_cell),
    "quadbin_fromquadkey": Subject(columns=_quadkey_columns, row=_from_quadkey),
    "quadbin_fromzxy": Subject(columns=_tiles, row=lambda z, x, y: quadbin.tile_to_cell((x, y, z))),
    "quadbin_isvalid": Subject(columns=_cell_columns, row=quadbin.is_valid_cell),
    "quadbin_kring": Subject(
        columns=_with(lambda rng, _: rng.randint(1, 3), low=8), row=lambda *row: json.dumps(quadbin.k_ring(*row))
    ),
    "quadbin_kring_distances": Subject(
        columns=_with(lambda rng, _: rng.randint(1, 3), low=8),
        row=lambda *row: json.dumps(quadbin.k_ring_distances(*row)),
    ),
    "quadbin_polyfill": Subject(columns=_polygons, row=_polyfill),
    "quadbin_sibling": Subject(
        columns=_with(lambda rng, _: rng.choice(["left", "right", "up", "down"])), row=quadbin.cell_sibling
    ),
    "quadbin_tochildren": Subject(
        columns=_with(lambda rng, z: z + rng.randint(1, 3), high=23),
        row=lambda *row: json.dumps(quadbin.cell_to_children(*row)),
    ),
    "quadbin_toquadkey": Subject(columns=_cell_columns, row=_to_quadkey),
}
