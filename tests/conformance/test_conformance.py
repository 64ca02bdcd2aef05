"""Every row of the conformance table, over the wire, as redshift-connector sends and reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import redshift_connector

from builder.local.copying.objects import FakeObjects
from tests.conformance.rows import Row, sections

if TYPE_CHECKING:
    from tests.conformance.conftest import Endpoint

ROWS = [
    pytest.param(row, id=f"{name}-{re.sub(r'[^A-Za-z0-9]+', '-', row.behaviour)}")
    for name, section in sections().items()
    for row in section.rows
    if row.sql
]
# PostgreSQL's pg_type and, from 3000 on, redshift_connector's RedshiftOID.
OIDS = {
    16: "boolean", 20: "bigint", 21: "smallint", 23: "integer", 25: "text", 700: "real", 701: "double precision",
    1042: "char", 1043: "varchar", 1082: "date", 1083: "time", 1114: "timestamp", 1184: "timestamptz", 1266: "timetz",
    1700: "numeric", 3000: "geometry", 3001: "geography", 4000: "super", 6551: "varbyte", 1188: "intervaly2m",
    1190: "intervald2s",
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_row(endpoint: Endpoint, row: Row) -> None:
    objects = endpoint.engine.objects
    assert isinstance(objects, FakeObjects)
    objects.contents = {place: text.encode() for place, text in row.objects.items()}
    with endpoint.connect() as connection, connection.cursor() as cursor:
        connection.autocommit = row.autocommit
        try:
            for statement in row.setup:
                cursor.execute(statement)
            if row.error is not None:
                _refused(cursor, row)
            else:
                _answered(cursor, row)
            assert {place: objects.contents.get(place, b"").decode() for place in row.leaves} == row.leaves
        finally:
            connection.rollback()
            for statement in row.cleanup:
                cursor.execute(statement)


def _refused(cursor: redshift_connector.Cursor, row: Row) -> None:
    assert row.error is not None
    with pytest.raises(redshift_connector.error.Error) as caught:
        _whole(cursor, row.sql)
    told: dict[str, str] = caught.value.args[0]
    assert (told["C"], row.error.text in told["M"]) == (row.error.code, True), told


def _whole(cursor: redshift_connector.Cursor, sql: str) -> None:
    cursor.execute(sql)
    cursor.fetchall()


def _answered(cursor: redshift_connector.Cursor, row: Row) -> None:
    cursor.execute(row.sql)
    if row.rows is not None:
        assert [list(map(plain, values)) for values in cursor.fetchall()] == row.rows
    described = cursor.ps["row_desc"] if cursor.ps else ()
    if row.types is not None:
        assert tuple(map(kind, described)) == row.types
    if row.names is not None:
        assert tuple(_text(field["label"]) for field in described) == row.names


def plain(value: Any) -> Any:
    """What YAML can hold: DECIMAL, dates and times as their text."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def kind(field: dict[str, Any]) -> str:
    """`numeric(10,2)`, `varchar(3)`: PostgreSQL keeps the arguments in atttypmod, four bytes up."""
    name, modifier = OIDS[field["type_oid"]], field["type_modifier"] - 4
    if name == "numeric" and modifier >= 0:
        return f"numeric({modifier >> 16},{modifier & 0xFFFF})"
    return f"{name}({modifier})" if name in {"varchar", "char"} and modifier >= 0 else name


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
