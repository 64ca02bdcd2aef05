"""Redshift's types: spellings, lengths, OIDs and modifiers.

OIDs from PostgreSQL's pg_type and redshift_connector's list; modifiers by pg_attribute.atttypmod's rule.
"""

from __future__ import annotations

import pytest
from redshift_connector.utils.oids import RedshiftOID

from builder.local.sql import types
from builder.local.sqlstate import SqlError


@pytest.mark.parametrize(
    ("text", "oid", "modifier"),
    [
        ("INT", RedshiftOID.INTEGER, -1),
        ("int8", RedshiftOID.BIGINT, -1),
        ("INT2", RedshiftOID.SMALLINT, -1),
        ("FLOAT", RedshiftOID.FLOAT, -1),
        ("float4", RedshiftOID.REAL, -1),
        ("DOUBLE PRECISION", RedshiftOID.FLOAT, -1),
        ("DECIMAL", RedshiftOID.NUMERIC, (18 << 16) + 4),
        ("NUMERIC(10,2)", RedshiftOID.NUMERIC, (10 << 16) + 2 + 4),
        ("VARCHAR(MAX)", RedshiftOID.VARCHAR, 65_535 + 4),
        ("character varying(3)", RedshiftOID.VARCHAR, 7),
        ("CHAR(3)", RedshiftOID.BPCHAR, 7),
        ("BOOL", RedshiftOID.BOOLEAN, -1),
        ("TIMESTAMP WITHOUT TIME ZONE", RedshiftOID.TIMESTAMP, -1),
        ("TIMESTAMPTZ", RedshiftOID.TIMESTAMPTZ, -1),
        ("VARBYTE", RedshiftOID.VARBYTE, -1),
        ("binary varying(10)", RedshiftOID.VARBYTE, -1),
        ("SUPER", RedshiftOID.SUPER, -1),
        ("GEOMETRY", RedshiftOID.GEOMETRY, -1),
        ("GEOGRAPHY", RedshiftOID.GEOGRAPHY, -1),
    ],
)
def test_a_type_has_its_oid_and_modifier(text: str, oid: int, modifier: int) -> None:
    kind = types.of(text)
    assert (kind.kind.oid, kind.modifier) == (oid, modifier)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", "42704"),
        ("int[]", "42704"),
        ("hllsketch", "0A000"),
        ("VARCHAR(65536)", "22023"),
        ("VARCHAR(0)", "22023"),
        ("CHAR(4097)", "22023"),
        ("DECIMAL(39)", "22023"),
        ("DECIMAL(5,6)", "22023"),
    ],
)
def test_what_is_no_type_of_redshift_s(text: str, code: str) -> None:
    with pytest.raises(SqlError) as caught:
        types.of(text)
    assert caught.value.code == code
