"""Whole statements against texts written by hand from Redshift's grammar and docs/architecture.md's table of types."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builder.adapters.fake_warehouse import FakeWarehouse
from builder.adapters.faults import Faults
from builder.core.sql import statements as sql
from builder.core.sql.text import tokens
from builder.errors import CatalogError
from builder.model import Config
from tests.unit.sql.samples import (
    EVERY_TYPE,
    GREET,
    POLYFILL,
    ROLE,
    TARGET,
    TOPARENT,
    TOQUADKEY,
    a_function,
    native,
)

if TYPE_CHECKING:
    from builder.model import Function, Volatility

GOLDEN = Path(__file__).parents[2] / "data" / "sql"
SAMPLES = (POLYFILL, TOQUADKEY, EVERY_TYPE, TOPARENT, GREET)


def printed(function: Function, target: sql.Target = TARGET) -> str:
    return "\n\n".join(f"{statement.text};" for statement in sql.create(function, target)) + "\n"


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("wrapped", POLYFILL),
        ("plain", TOQUADKEY),
        ("every_type", EVERY_TYPE),
        ("native", TOPARENT),
        ("template", GREET),
    ],
)
def test_a_function_reads_as_the_golden_text(name: str, function: Function) -> None:
    assert printed(function) == (GOLDEN / f"{name}.sql").read_text()


def test_grants_follow_the_creation_and_take_execute_from_public_first() -> None:
    target = replace(TARGET, grantees=('al"ice', "group map makers", "ROLE gis"))

    assert printed(TOQUADKEY, target) == (GOLDEN / "granted.sql").read_text()


def test_without_grantees_public_keeps_what_redshift_gave_it() -> None:
    assert sql.grant(TOQUADKEY, schema="carto", grantees=()) == ()


def test_a_wrapper_and_its_external_function_are_granted_to_the_same_people() -> None:
    texts = [statement.text for statement in sql.grant(POLYFILL, schema="carto", grantees=("PUBLIC",))]

    assert texts[2] == 'GRANT EXECUTE ON FUNCTION "carto"."quadbin_polyfill_external" (VARCHAR, INTEGER) TO PUBLIC'
    assert texts[4] == 'GRANT EXECUTE ON FUNCTION "carto"."quadbin_polyfill" (GEOMETRY, INTEGER) TO PUBLIC'


def test_drop_takes_the_wrapper_before_what_it_calls() -> None:
    assert [statement.text for statement in sql.drop(POLYFILL, schema="carto")] == [
        'DROP FUNCTION "carto"."quadbin_polyfill" (GEOMETRY, INTEGER)',
        'DROP FUNCTION "carto"."quadbin_polyfill_external" (VARCHAR, INTEGER)',
    ]


def test_a_procedure_of_a_template_is_dropped_as_one_by_its_input_arguments() -> None:
    text = """CREATE OR REPLACE PROCEDURE @@SCHEMA@@.run(a IN varchar(64), INOUT b int, out c float8, numeric(10, 2))
              AS $$ BEGIN; SELECT 1; END; $$ LANGUAGE plpgsql"""
    function = a_function("run", sql=text, template=True)

    (statement,) = sql.drop(function, schema="carto")

    assert statement.text == 'DROP PROCEDURE "carto"."run" (VARCHAR, INTEGER, DECIMAL)'


@pytest.mark.parametrize("function", SAMPLES, ids=lambda function: function.name)
def test_what_create_makes_is_what_routines_says_and_what_drop_takes_away(function: Function) -> None:
    warehouse = FakeWarehouse(Faults())

    warehouse.run([sql.create_schema("carto"), *sql.create(function, TARGET)])
    assert warehouse.functions_in("carto") == tuple(sorted(sql.routines(function)))

    warehouse.run(sql.drop(function, schema="carto"))
    assert warehouse.functions_in("carto") == ()


def test_signatures_forget_lengths_which_redshift_does_not_tell_apart() -> None:
    assert sql.signatures(POLYFILL) == (
        ("quadbin_polyfill_external", ("varchar", "integer")),
        ("quadbin_polyfill", ("geometry", "integer")),
    )


def test_a_function_without_arguments_has_empty_parentheses() -> None:
    assert '"carto"."now_in_carto" ()' in printed(a_function("now_in_carto", returns="VARCHAR(MAX)"))


@pytest.mark.parametrize(
    ("volatility", "external", "wrapper"),
    [(None, "STABLE", "STABLE"), ("immutable", "STABLE", "STABLE"), ("volatile", "VOLATILE", "VOLATILE")],
)
def test_no_external_function_is_immutable_and_no_wrapper_is_stricter_than_it(
    volatility: Volatility | None, external: str, wrapper: str
) -> None:
    function = replace(POLYFILL, config=Config(volatility=volatility))

    texts = [statement.text.splitlines() for statement in sql.create(function, TARGET)]

    assert [texts[0][2], texts[1][2]] == [external, wrapper]


@pytest.mark.parametrize(
    ("body", "volatility", "written"),
    [
        ("SELECT $1 + 1", None, "IMMUTABLE"),
        ("SELECT {{ schema }}.g($1)", None, "STABLE"),
        ("SELECT {{ schema }}.g($1)", "immutable", "IMMUTABLE"),
        ("SELECT RANDOM() * $1", "volatile", "VOLATILE"),
    ],
)
def test_a_sql_function_is_immutable_unless_it_calls_what_may_be_external(
    body: str, volatility: Volatility | None, written: str
) -> None:
    function = replace(native("f", body), config=Config(volatility=volatility))

    assert printed(function).splitlines()[2] == written


@pytest.mark.parametrize(("size", "written"), [(1024, "1 KB"), (1_000_000, "976 KB"), (5 * 1024 * 1024, "5120 KB")])
def test_the_batch_size_always_has_its_unit_and_never_grows(size: int, written: str) -> None:
    function = replace(TOQUADKEY, config=Config(max_batch_size=size))

    assert printed(function).endswith(f"MAX_BATCH_SIZE {written};\n")


@pytest.mark.parametrize(
    ("role", "written"),
    [
        ("default", "IAM_ROLE default"),
        (f"{ROLE}, {ROLE}-2", f"IAM_ROLE '{ROLE},{ROLE}-2'"),
        ("arn:aws-cn:iam::123456789012:role/a/b", "IAM_ROLE 'arn:aws-cn:iam::123456789012:role/a/b'"),
    ],
)
def test_the_role_is_a_keyword_or_a_chain_without_blanks(role: str, written: str) -> None:
    assert written in printed(TOQUADKEY, replace(TARGET, iam_role=role)).splitlines()


def test_a_template_may_quote_the_role_and_still_get_the_keyword() -> None:
    assert "IAM_ROLE default;\n" in printed(GREET, replace(TARGET, iam_role="default"))


def test_retries_can_be_turned_off() -> None:
    assert "RETRY_TIMEOUT 0\n" in printed(TOQUADKEY, replace(TARGET, retry_timeout=0))


@pytest.mark.parametrize(
    "schema", ['ca"rto', "ca'rto; DROP SCHEMA carto CASCADE; --", "ca$$rto", "$body1$", "a\\b", "Ærø"]
)
@pytest.mark.parametrize("function", [POLYFILL, TOQUADKEY])
def test_no_schema_breaks_out_of_its_quotes(schema: str, function: Function) -> None:
    target = replace(TARGET, schema=schema)

    for statement in (*sql.create(function, target), *sql.drop(function, schema=schema), sql.create_schema(schema)):
        parts = tokens(statement.text)
        assert schema in {token.text for token in parts}
        assert ";" not in {token.text for token in parts}


def test_a_body_cannot_close_its_dollar_quotes() -> None:
    body = "SELECT '$$ LANGUAGE sql; DROP SCHEMA carto; $body1$' || $1"

    (statement,) = sql.create(native("f", body), TARGET)

    quoted = [token.text for token in tokens(statement.text) if token.token_type.name == "HEREDOC_STRING"]
    assert quoted == [f"\n{body}\n"]


def test_every_problem_of_a_function_is_told_at_once() -> None:
    function = replace(native("f" * 128, "SELECT 1", ("BIGINT; DROP TABLE t",)), config=Config(max_batch_rows=0))
    target = replace(TARGET, schema="a\nb", lambda_reference="no name", iam_role="nobody", retry_timeout=-1)

    with pytest.raises(CatalogError) as caught:
        sql.create(function, target)

    whats = [problem.what for problem in caught.value.problems]
    assert len(whats) == 7
    for part in ("control character", "no name", "nobody", "-1 ms", "128 bytes", "DROP TABLE", "0 rows"):
        assert any(part in what for what in whats), part


def test_the_external_name_is_measured_too() -> None:
    name = "f" * 120

    problems = sql.check(a_function(name, ("SUPER",)))

    assert [problem.what for problem in problems] == [
        f"the SQL name {name + '_external'!r} has 129 bytes, Redshift takes 127"
    ]


def test_33_arguments_are_one_too_many() -> None:
    (problem,) = sql.check(a_function("f", ("INTEGER",) * 33))

    assert (problem.key, problem.what) == ("arguments", "33 arguments, Redshift takes 32")


def test_fingerprints_tell_sql_apart_and_forget_layout_and_comments() -> None:
    one = native("f", "SELECT $1 + 1")
    other = native("f", "SELECT $1 + 2")

    assert sql.fingerprint(sql.create(one, TARGET)) == sql.fingerprint(sql.create(one, TARGET))
    assert sql.fingerprint(sql.create(one, TARGET)) != sql.fingerprint(sql.create(other, TARGET))
    plain, shouted = sql.create_schema("a"), sql.create_schema("a")
    commented = replace(plain, text=f"-- why\n{shouted.text.replace(' ', '  ')}\n/* ; */")
    assert sql.fingerprint([plain]) == sql.fingerprint([commented])
    assert sql.fingerprint([plain, plain]) != sql.fingerprint([plain])
