"""Kept results: pages, typed fields, CSV and the columns' metadata."""

from __future__ import annotations

import base64
import itertools
import struct
from typing import TYPE_CHECKING

import pytest

from builder.local.data_api.results import PAGE_BYTES, Kept, TooLarge, csv_records, metadata, records
from builder.local.sql import types
from builder.local.wire.results import Column

if TYPE_CHECKING:
    from pathlib import Path


def rows(*values: tuple[str | None, ...]) -> bytes:
    """PostgreSQL, "Message Formats", DataRow, written by hand."""
    messages = b""
    for row in values:
        body = struct.pack("!h", len(row))
        for value in row:
            data = None if value is None else value.encode()
            body += struct.pack("!i", -1) if data is None else struct.pack("!i", len(data)) + data
        messages += b"D" + struct.pack("!i", len(body) + 4) + body
    return messages


class Keeper:
    """Makes kept results, each in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.paths = (folder / str(number) for number in itertools.count())

    def __call__(self, *kinds: str, limit: int = 10**9) -> Kept:
        columns = tuple(Column(name=f"c{number}", type=types.of(kind)) for number, kind in enumerate(kinds))
        return Kept(columns=columns, path=next(self.paths), limit=limit)


@pytest.fixture
def kept(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path)


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        ("smallint", "-7", {"longValue": -7}),
        ("bigint", "9223372036854775807", {"longValue": 9223372036854775807}),
        ("real", "1.5", {"doubleValue": 1.5}),
        ("float8", "1e-300", {"doubleValue": 1e-300}),
        ("float8", "NaN", {"doubleValue": "NaN"}),
        ("float8", "-Infinity", {"doubleValue": "-Infinity"}),
        ("decimal(38,10)", "12345678901234567890.0000000001", {"stringValue": "12345678901234567890.0000000001"}),
        ("boolean", "t", {"booleanValue": True}),
        ("boolean", "f", {"booleanValue": False}),
        ("varchar(10)", "", {"stringValue": ""}),
        ("date", "2022-02-22", {"stringValue": "2022-02-22"}),
        ("timestamp", "2022-02-22 00:00:00", {"stringValue": "2022-02-22 00:00:00.0"}),
        ("timestamp", "2020-08-21 17:33:51.887120", {"stringValue": "2020-08-21 17:33:51.88712"}),
        ("varbyte", "00ff", {"blobValue": base64.b64encode(b"\x00\xff").decode()}),
        ("super", '{"a":1}', {"stringValue": '{"a":1}'}),
        ("int", None, {"isNull": True}),
    ],
)
def test_a_value_is_the_field_of_its_type(kept: Keeper, kind: str, text: str | None, field: dict[str, object]) -> None:
    one = kept(kind)
    one.add(rows((text,)))

    one.finish()
    assert records(one, 0) == [[field]]


def test_pages_hold_all_rows_once_and_in_order(kept: Keeper) -> None:
    one = kept("int", "varchar")
    text = "x" * 1000
    for start in range(0, 2500, 100):
        one.add(rows(*((str(number), text) for number in range(start, start + 100))))

    one.finish()
    pages = [records(one, number) for number in range(len(one.pages))]
    assert [field[0]["longValue"] for page in pages for field in page] == list(range(2500))
    assert len(pages) == 3
    assert all(sum(len(str(row[0]["longValue"])) + 1000 for row in page) <= PAGE_BYTES + 1004 for page in pages)
    assert one.size == sum(len(str(number)) + 1000 for number in range(2500))


def test_a_result_without_rows_has_an_empty_first_page(kept: Keeper) -> None:
    assert records(kept("int"), 0) == []
    assert csv_records(kept("int"), 0) == [{"CSVRecords": "c0\r\n"}]


def test_a_result_beyond_the_limit_is_refused(kept: Keeper) -> None:
    one = kept("varchar", limit=10)
    one.add(rows(("12345",), ("67890",)))
    with pytest.raises(TooLarge):
        one.add(rows(("x",)))


def test_csv_quotes_what_needs_it_and_has_names_once(kept: Keeper) -> None:
    one = kept("varchar", "int")
    one.add(rows(("a,b", "1"), ('say "x"\n', None)))

    one.finish()
    assert csv_records(one, 0) == [{"CSVRecords": 'c0,c1\r\n"a,b",1\r\n"say ""x""\n",\r\n'}]


def test_columns_are_described_as_the_guides_samples_show_them(kept: Keeper) -> None:
    """Redshift management guide, samples of get-statement-result."""
    shown = metadata(kept("int", "smallint", "bigint", "varchar(200)", "char(32)", "timestamp").columns)

    names = ("typeName", "precision", "scale", "isSigned", "isCaseSensitive")
    assert [tuple(each[name] for name in names) for each in shown] == [
        ("int4", 10, 0, True, False),
        ("int2", 5, 0, True, False),
        ("int8", 19, 0, True, False),
        ("varchar", 200, 0, False, True),
        ("bpchar", 32, 0, False, True),
        ("timestamp", 29, 6, False, False),
    ]
    assert {(each["isCurrency"], each["length"], each["label"] == each["name"]) for each in shown} == {(False, 0, True)}


def test_a_result_that_is_let_go_leaves_no_file(kept: Keeper, tmp_path: Path) -> None:
    one = kept("int")
    one.add(rows(("1",)))
    one.close()

    assert list(tmp_path.iterdir()) == []
