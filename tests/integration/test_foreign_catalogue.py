"""A catalogue of other people, unchanged: images, Lambdas and SQL, and a query of every function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builder.testing import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    ("TEXT_DOUBLE('abc')", "abcabc"),
    ("STATS_MEAN('[1, 2, 6]')", 3.0),
    ("STATS_COUNT('[1, 2, 6]')", 3),
    ("STATS_SUMMARY('[3, 1]')", '{"least":1,"most":3}'),
    ("STATS_SCALE(1.5, 2.0)", 3.0),
    ("STATS_RANKED('5,1,9')", 1),
    ("GEO_AREA(2.0, 3.5)", 7.0),
    ("GEO_OUTLINE(2.0, 1.0)", "0.0 0.0,2.0 0.0,2.0 1.0,0.0 1.0,0.0 0.0"),
    ("GEO_SIDE('POINT(3 4)')", "east"),
    ("DATES_ADD('2024-02-28', 2)", "2024-03-01"),
    ("DATES_WEEKDAY('2026-11-21')", 6),
    ("DATES_LENIENT('x')", None),
    ("DATES_TOLD('x')", '{"error":"Invalid isoformat string: \'x\'","row_index":0,"type":"ValueError"}'),
    ("DATES_EPOCH()", "1970-01-01"),
    ("CODEC_PICKLE(4)", 4),
    ("CODEC_COPY(4)", 400),
    ("CODEC_THREADS(4)", 10),
    ("CODEC_LATE(1)", "late1False"),
    ("CODEC_PATH(1)", "one"),
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
def foreign() -> Iterator[Suite]:
    suite = Suite(PROJECT, ("tests/data/catalogs/foreign",))
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
