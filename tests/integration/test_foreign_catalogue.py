"""A catalogue of other people, unchanged: images, Lambdas and SQL, and a query of every function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builder.adapters.layout import Layout
from builder.core.images import lock
from builder.testing import Suite
from tests import foreign_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.images.oci import StoredImage

pytestmark = pytest.mark.cloud
PROJECT = Path(__file__).resolve().parents[2]

# Each as its authors would write it, with the answer that their tests expect.
QUERIES = [
    ("GRID_TOCELL(25.5, 31.0, 10)", 2003),
    ("GRID_TOCELL(25.5, 31.0)", 2003),
    ("GRID_PARENT(2003)", 1001),
    ("GRID_CHILDREN(1001)", "[2002,2003,3002,3003]"),
    ("GRID_CHILDREN(1001, 3)", "[3003,3004,4003,4004]"),
    ("GRID_RING(5, 2).size", "16"),
    ("__GRID_RAW(7)", "raw:7"),
    ("TEXT_SHOUT('go')", "GO!"),
    ("TEXT_WHISPER('GO')", "(go)"),
    ("TEXT_GREET('Ana', 'es')", "hola Ana"),
    ("TEXT_REVERSE('abc')", "cba"),
    ("TEXT_DOUBLE('abc')", "abc abc"),
    ("TEXT_TITLE('GO ON')", "Go On"),
    ("STATS_MEAN('[1, 2, 6]')", 3.0),
    ("STATS_COUNT('[1, 2, 6]')", 3),
    ("STATS_SUMMARY('[3, 1]')", '{"least":1,"most":3}'),
    ("STATS_SCALE(1.5, 2.0)", 3.0),
    ("STATS_RANKED('5,1,9')", 1),
    # Two releases of one package in one module: stats_scale, which needs a later one, has an image of its own.
    ("STATS_OLD('version')", "1.15.0"),
    ("STATS_CHARSET('616263')", "ascii"),
    ("GEO_AREA(2.0, 3.5)", 7.0),
    ("GEO_OUTLINE(2.0, 1.0)", "0.0 0.0,2.0 0.0,2.0 1.0,0.0 1.0,0.0 0.0"),
    ("GEO_SIDE('POINT(3 4)')", "east"),
    ("DATES_ADD('2024-02-28', 2)", "2024-03-01"),
    ("DATES_WEEKDAY('2026-11-21')", 6),
    ("DATES_LENIENT('x')", None),
    ("DATES_TOLD('x')", '{"error":"Invalid isoformat string: \'x\'","row_index":0,"type":"ValueError"}'),
    ("DATES_EPOCH()", "1970-01-01"),
    # A Lambda of its own, under the name that it always had.
    ("DATES_SLOW('where')", "carto-at-dates_slo"),
    ("CODEC_PICKLE(4)", 4),
    ("CODEC_COPY(4)", 400),
    ("CODEC_THREADS(4)", 10),
    ("CODEC_LATE(1)", "late1False"),
    ("CODEC_PATH(1)", "one"),
    ("CODEC_DATA('two')", '["DOS",2,true,false]'),
    ("LOOKUP_COLOR('sky')", "blue"),
    ("LOOKUP_CODE('sky')", 7),
    ("LOOKUP_FLAG(NULL)", False),
    ("__LOOKUP_PRIVATE('x')", "<x>"),
    ("ADMIN_COPY(1)", 2),
    ("ADMIN_OTHER(2)", 6),
    ("ADMIN_SQL(21)", 42),
    ("ADMIN_COMPANY(5)", "company 5"),
    ("ADMIN_RENAMED(9007199254740993)", 9007199254740993),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("catalogues")


@pytest.fixture(scope="module")
def foreign(folder: Path) -> Iterator[Suite]:
    """The two catalogues, as copies that a test may change."""
    suite = Suite(PROJECT, foreign_project.copy(folder))
    yield suite
    suite.close()


def test_every_function_answers_through_sql(foreign: Suite) -> None:
    found = [(call, foreign.warehouse.query(f"SELECT carto.{call}").rows[0][0]) for call, _ in QUERIES]
    assert found == QUERIES


def test_a_geometry_comes_out_of_a_template_in_jinja(foreign: Suite) -> None:
    point = foreign.warehouse.query("SELECT ST_ASTEXT(carto.GEO_POINT(1, 2))").rows[0][0]
    assert point.replace(" ", "") == "POINT(12)"


def test_a_template_knows_the_version_of_the_package(foreign: Suite) -> None:
    assert foreign.warehouse.query("SELECT carto.__GEO_VERSION()").rows[0][0].startswith("geo ")


def test_keys_of_a_document(foreign: Suite) -> None:
    shown = foreign.warehouse.query("""SELECT JSON_SERIALIZE(carto.LOOKUP_KEYS(JSON_PARSE('{"b": 1, "a": 2}')))""")
    assert shown.rows[0][0] == '["a","b"]'


def test_an_error_reads_as_it_did(foreign: Suite) -> None:
    with pytest.raises(Exception, match="Error processing row 0: 'sea'"):
        foreign.warehouse.query("SELECT carto.LOOKUP_CODE('sea')")


def images(suite: Suite) -> dict[str, StoredImage]:
    """The images of the lock, with their layers."""
    layout = Layout(PROJECT / "build" / "images")
    found = {name: layout.image(image.digest) for name, image in lock.read(suite.state).items()}
    return {name: image for name, image in found.items() if image}


def test_one_handler_changed_is_one_small_layer_of_one_image(foreign: Suite, folder: Path) -> None:
    environ = foreign.deployed
    before = images(foreign)
    # Seven modules of eight need an image and stats needs two; admin has a SQL function beside its others.
    assert set(before) == {"admin", "codec", "dates", "geo", "grid", "lookup", "stats", "stats-2", "text"}
    foreign_project.change_handler(folder)
    built = json.loads(foreign.builder("build", "--format", "json", environ=environ))
    assert [row["module"] for row in built if row["image"] == "built"] == ["text"]
    after = images(foreign)
    assert {name for name in after if after[name].manifest != before[name].manifest} == {"text"}
    (layer,) = set(after["text"].layers) - set(before["text"].layers)
    assert layer.size < 20_000
    pushed = {row["module"]: row for row in json.loads(foreign.builder("push", "--format", "json", environ=environ))}
    # The layer and the image's configuration; the manifest is what names them.
    assert pushed["text"]["uploaded"] == layer.size + after["text"].config.size
    assert {name for name, row in pushed.items() if row["uploaded"]} == {"text"}
