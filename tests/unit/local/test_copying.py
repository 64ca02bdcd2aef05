"""COPY's grammar and conversions. Expected: Redshift's guide, "COPY", "Data conversion parameters", "Load error
reference", "DATEFORMAT and TIMEFORMAT strings"; times by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.local.copying.grammar import parse_copy, parse_unload
from builder.local.copying.objects import FakeObjects
from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from tests.unit.local.client import Client

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/load'"


@pytest.fixture
def objects(client: Client) -> FakeObjects:
    made = FakeObjects()
    client.engine.objects = made
    return made


def loaded(client: Client, objects: FakeObjects, kind: str, text: str, options: str) -> list[tuple[str | None, ...]]:
    """What a table of one column has after a COPY of one record."""
    objects.contents["s3://b/in"] = f"{text}\n".encode()
    client.run(f"CREATE TABLE loaded (c {kind})")
    client.run(f"COPY loaded FROM 's3://b/in' {ROLE} {options}")
    return client.run("SELECT c FROM loaded")


# 2020-01-01 00:00:00 UTC is 1,577,836,800 seconds after 1970.
@pytest.mark.parametrize(
    ("kind", "text", "options", "expected"),
    [
        ("TIMESTAMP", "1577836800", "TIMEFORMAT 'epochsecs'", "2020-01-01 00:00:00"),
        ("TIMESTAMP", "1577836800.5", "TIMEFORMAT 'epochsecs'", "2020-01-01 00:00:00.5"),
        ("TIMESTAMP", "1577836800123", "TIMEFORMAT 'epochmillisecs'", "2020-01-01 00:00:00.123"),
        ("TIMESTAMPTZ", "1577836800123", "TIMEFORMAT 'epochmillisecs'", "2020-01-01 00:00:00.123+00"),
        ("TIMESTAMP", "-1000", "TIMEFORMAT 'epochmillisecs'", "1969-12-31 23:59:59"),
        ("TIMESTAMP", "01/02/2020 03:04:05", "TIMEFORMAT 'DD/MM/YYYY HH24:MI:SS'", "2020-02-01 03:04:05"),
        ("DATE", "20200229", "DATEFORMAT 'YYYYMMDD'", "2020-02-29"),
        ("DATE", "no date at all", "ACCEPTANYDATE", None),
        ("DECIMAL(4,2)", "1.239", "", "1.23"),
        ("DECIMAL(4,2)", "1.239", "ROUNDEC", "1.24"),
        ("DECIMAL(4,0)", "12.9", "", "12"),
        ("BOOLEAN", "yes", "", "t"),
        ("BOOLEAN", "0", "", "f"),
        ("INT", " 7 ", "", "7"),
        ("INT", "", "", None),
        ("VARCHAR(3)", "", "", ""),
        ("VARCHAR(3)", "  ", "BLANKSASNULL", None),
        ("VARCHAR(3)", "aéé", "TRUNCATECOLUMNS", "aé"),
        ("SUPER", '{"a":1}', "", '{"a":1}'),
        ("VARBYTE(3)", "ff00", "", "ff00"),
    ],
)
def test_a_text_becomes_the_columns_type(
    client: Client, objects: FakeObjects, kind: str, text: str, options: str, expected: str | None
) -> None:
    assert loaded(client, objects, kind, text, options) == [(expected,)]


@pytest.mark.parametrize(
    ("kind", "text", "code", "reason"),
    [
        ("INT", "12a", "1207", "Invalid digit, Value 'a', Pos 2, Type: Integer"),
        ("BIGINT", "x", "1207", "Invalid digit, Value 'x', Pos 0, Type: Long"),
        ("SMALLINT", "-7.5", "1207", "Invalid digit, Value '.', Pos 2, Type: Short"),
        ("SMALLINT", "40000", "1204", "Overflow: input data exceeded the acceptable range for the data type"),
        ("VARCHAR(2)", "abc", "1204", "String length exceeds DDL length"),
        ("DATE", "2020-1", "1205", "Invalid Date Format - length must be 10 or more"),
        ("DATE", "2020-13-01", "1205", "Invalid date format or value [YYYY-MM-DD]"),
        ("TIMESTAMP", "noon", "1206", "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        ("FLOAT8", "1.x", "1208", "FLOAT data type format error"),
        ("BOOLEAN", "perhaps", "1210", "BOOLEAN data type format error"),
    ],
)
def test_what_is_no_value_is_told_by_the_guides_codes(
    client: Client, objects: FakeObjects, kind: str, text: str, code: str, reason: str
) -> None:
    client.engine.load_errors.rows.clear()
    assert loaded(client, objects, kind, text, "MAXERROR 1") == []
    assert client.run("SELECT err_code, TRIM(err_reason) FROM stl_load_errors") == [(code, reason)]


def test_options_stand_in_any_order_before_and_after_the_authorization() -> None:
    (source,) = split(f"COPY s.t (a, b) FROM 's3://b/k' GZIP DELIMITER ';' {ROLE} IGNOREHEADER AS 2 CSV QUOTE AS '%'")
    read = parse_copy(source)
    assert (read.schema, read.table, read.columns, str(read.source)) == ("s", "t", ("a", "b"), "s3://b/k")
    assert (read.options.format, read.options.compression) == ("CSV", "GZIP")
    assert read.options.given == {"DELIMITER": ";", "IGNOREHEADER": "2", "QUOTE": "%"}
    assert read.role == "arn:aws:iam::123456789012:role/load"


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ("CSV", "42601", "authorization is needed"),
        (f"{ROLE} CSV PARQUET", "42601", "only one format"),
        ("IAM_ROLE 'loader'", "22023", "is not the ARN of an IAM role"),
        ("CREDENTIALS 'user=me'", "22023", "invalid credentials"),
        (f"{ROLE} ZSTD", "0A000", "ZSTD"),
        (f"{ROLE} FORMAT AVRO 'auto'", "0A000", "FORMAT AVRO"),
        (f"{ROLE} SOMETHING", "42601", "syntax error"),
    ],
)
def test_what_the_grammar_refuses(options: str, code: str, text: str) -> None:
    (source,) = split(f"COPY t FROM 's3://b/k' {options}")
    with pytest.raises(SqlError, match=text) as caught:
        parse_copy(source)
    assert caught.value.code == code


@pytest.mark.parametrize("place", ["emr://cluster/x", "dynamodb://table", "/etc/passwd"])
def test_copy_reads_from_s3_alone(place: str) -> None:
    (source,) = split(f"COPY t FROM '{place}' {ROLE}")
    with pytest.raises(SqlError, match="COPY from") as caught:
        parse_copy(source)
    assert caught.value.code == "0A000"


def test_sizes_of_an_unload_are_megabytes_unless_said() -> None:
    (source,) = split(
        f"UNLOAD ('SELECT ''x''') TO 's3://b/k' {ROLE} MAXFILESIZE 5 PARQUET PARTITION BY (a, b) INCLUDE "
        "ROWGROUPSIZE 1 GB"
    )
    read = parse_unload(source)
    assert read.query == "SELECT 'x'"
    assert (read.options.number("MAXFILESIZE", 0), read.options.number("ROWGROUPSIZE", 0)) == (5 << 20, 1 << 30)
    assert (read.partition, read.include) == (("a", "b"), True)


@pytest.mark.parametrize("size", ["(", "INCLUDE", "1e999", "'5'", "-5 MB", "99999999999999999999", ""])
def test_a_size_is_a_number(size: str) -> None:
    (source,) = split(f"UNLOAD ('SELECT 1') TO 's3://b/k' {ROLE} MAXFILESIZE {size}")
    with pytest.raises(SqlError) as caught:
        parse_unload(source)
    assert caught.value.code == "42601"
