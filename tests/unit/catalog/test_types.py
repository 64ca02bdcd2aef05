"""Types against Redshift's documentation ("Data types", "Creating a scalar Lambda UDF") and docs/architecture.md."""

from __future__ import annotations

import pytest

from builder.core.catalog.types import crossing, needs_wrapper, redshift_type
from builder.model import Parameter


@pytest.mark.parametrize(
    ("written", "redshift"),
    [
        ("string", "VARCHAR(MAX)"),
        ("int", "INTEGER"),
        ("bigint", "BIGINT"),
        ("float", "REAL"),
        ("double", "DOUBLE PRECISION"),
        ("boolean", "BOOLEAN"),
        ("bytes", "VARBYTE"),
        ("object", "SUPER"),
        ("geometry", "GEOMETRY"),
        ("geography", "GEOGRAPHY"),
    ],
)
def test_generic_types(written: str, redshift: str) -> None:
    assert redshift_type(written) == redshift


@pytest.mark.parametrize(
    ("written", "redshift"),
    [
        ("int2", "SMALLINT"),
        ("INT4", "INTEGER"),
        ("Int8", "BIGINT"),
        ("float4", "REAL"),
        ("FLOAT8", "DOUBLE PRECISION"),
        ("double  precision", "DOUBLE PRECISION"),
        ("bool", "BOOLEAN"),
        ("timestamp without time zone", "TIMESTAMP"),
        ("timestamp with time zone", "TIMESTAMPTZ"),
        ("VARCHAR", "VARCHAR(MAX)"),
        ("varchar( 10 )", "VARCHAR(10)"),
        ("varchar(max)", "VARCHAR(MAX)"),
        ("character varying(65535)", "VARCHAR(65535)"),
        ("nvarchar(7)", "VARCHAR(7)"),
        ("char", "CHAR(1)"),
        ("char(4096)", "CHAR(4096)"),
        ("text", "VARCHAR(256)"),
        ("varbinary(10)", "VARBYTE(10)"),
        ("numeric", "DECIMAL(18,0)"),
        ("DECIMAL(10, 2)", "DECIMAL(10,2)"),
        ("decimal(38,37)", "DECIMAL(38,37)"),
        ("decimal(5)", "DECIMAL(5,0)"),
    ],
)
def test_redshift_spellings_become_one(written: str, redshift: str) -> None:
    assert redshift_type(written) == redshift


@pytest.mark.parametrize("redshift", ["VARCHAR(MAX)", "DOUBLE PRECISION", "DECIMAL(10,2)", "VARBYTE", "TIMESTAMPTZ"])
def test_our_own_spelling_is_read_again_as_it_is(redshift: str) -> None:
    assert redshift_type(redshift) == redshift


@pytest.mark.parametrize(
    "written",
    ["varchar(0)", "varchar(65536)", "char(4097)", "char(max)", "decimal(39)", "decimal(5,6)", "decimal(38,38)",
     "decimal(a)", "decimal(1,2,3)", "int(4)", "json", "", "varchar(", "bigint; DROP TABLE t"],
)  # fmt: skip
def test_what_redshift_refuses_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        redshift_type(written)


def test_a_slip_is_answered_with_the_type_that_was_meant() -> None:
    with pytest.raises(ValueError, match="did you mean 'geometry'"):
        redshift_type("geometri")


def test_the_word_with_two_meanings_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="REAL or DOUBLE PRECISION"):
        redshift_type("FLOAT")


@pytest.mark.parametrize(
    ("redshift", "wire", "argument", "result"),
    [
        ("REAL", "VARCHAR", "CAST($1 AS VARCHAR)", "CAST(f($1) AS REAL)"),
        ("DOUBLE PRECISION", "VARCHAR", "CAST($1 AS VARCHAR)", "CAST(f($1) AS DOUBLE PRECISION)"),
        ("DECIMAL(38,10)", "VARCHAR", "CAST($1 AS VARCHAR)", "CAST(f($1) AS DECIMAL(38,10))"),
        ("SUPER", "VARCHAR(MAX)", "JSON_SERIALIZE($1)", "JSON_PARSE(f($1))"),
        ("GEOMETRY", "VARCHAR(MAX)", "ST_ASHEXEWKB($1)", "ST_GEOMFROMTEXT(f($1), 4326)"),
        ("GEOGRAPHY", "VARCHAR(MAX)", "ST_ASHEXEWKB($1)", "ST_GEOGFROMTEXT(f($1))"),
        ("VARBYTE", "VARCHAR(MAX)", "FROM_VARBYTE($1, 'hex')", "TO_VARBYTE(f($1), 'hex')"),
        ("VARBYTE(10)", "VARCHAR(MAX)", "FROM_VARBYTE($1, 'hex')", "TO_VARBYTE(f($1), 'hex')"),
        ("TIMESTAMPTZ", "VARCHAR", "CAST($1 AS VARCHAR)", "CAST(f($1) AS TIMESTAMPTZ)"),
    ],
)
def test_what_crosses_as_text(redshift: str, wire: str, argument: str, result: str) -> None:
    found = crossing(redshift)
    assert (found.wire_type, found.argument.format("$1"), found.result.format("f($1)")) == (wire, argument, result)


@pytest.mark.parametrize(
    "redshift",
    ["SMALLINT", "INTEGER", "BIGINT", "CHAR(3)", "VARCHAR(MAX)", "VARCHAR(10)", "BOOLEAN", "DATE", "TIMESTAMP"],
)
def test_what_redshift_documents_for_external_functions_crosses_as_itself(redshift: str) -> None:
    found = crossing(redshift)
    assert (found.wire_type, found.plain) == (redshift, True)


def test_one_type_that_crosses_as_text_needs_a_wrapper() -> None:
    number, shape = Parameter(name="n", type="BIGINT"), Parameter(name="geom", type="GEOMETRY")
    assert not needs_wrapper([number], "VARCHAR(MAX)")
    assert not needs_wrapper([], "BIGINT")
    assert needs_wrapper([number, shape], "BIGINT")
    assert needs_wrapper([number], "SUPER")
