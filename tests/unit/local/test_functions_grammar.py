"""CREATE [EXTERNAL] FUNCTION against the grammar and the bounds of Redshift's documentation."""

from __future__ import annotations

import pytest

from builder.local.objects.functions import CreateFunction, External, check_types, parse_create, parse_drop
from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError
from tests.unit.local.client import ROLE


def create(text: str) -> CreateFunction:
    return parse_create(split(text)[0])


def external(
    *, arguments: str = "VARCHAR, INT", returns: str = "VARCHAR", volatility: str = "STABLE", target: str = "f",
    role: str = f"'{ROLE}'", options: str = "",
) -> External:  # fmt: skip
    text = (
        f"CREATE EXTERNAL FUNCTION s.f({arguments}) RETURNS {returns} {volatility} LAMBDA '{target}' "
        f"IAM_ROLE {role} {options}"
    )
    function = create(text).function
    check_types(function, frozenset())
    assert function.external is not None
    return function.external


def refused(**wish: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        external(**wish)
    return caught.value


def test_the_defaults_are_those_of_the_documentation() -> None:
    made = external()
    assert (made.retry_timeout, made.max_batch_rows, made.max_batch_size) == (20_000, 2_147_483_647, 5_242_880)


def test_a_function_is_read_with_names_types_and_lengths() -> None:
    text = (
        'CREATE OR REPLACE EXTERNAL FUNCTION Carto."Poly Fill"(geom VARCHAR(MAX), double precision, n numeric(10,2)) '
        f"RETURNS varchar(100) VOLATILE LAMBDA 'x' IAM_ROLE '{ROLE}'"
    )
    made = create(text)
    assert made.replace
    assert str(made.function) == "carto.poly fill(character varying, double precision, numeric)"
    assert made.function.argument_names == ("geom", "", "n")
    assert str(made.function.arguments[2]) == "numeric(10,2)"
    assert str(made.function.returns) == "character varying(100)"
    assert made.function.volatility == "volatile"


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ("MAX_BATCH_SIZE 1", 1024),  # a bare number counts in KB
        ("MAX_BATCH_SIZE 7 KB", 7168),
        ("MAX_BATCH_SIZE 5 MB", 5_242_880),
        ("MAX_BATCH_SIZE 5120", 5_242_880),
    ],
)
def test_the_unit_of_a_batch_s_size(options: str, size: int) -> None:
    assert external(options=options).max_batch_size == size


@pytest.mark.parametrize(
    "options",
    ["MAX_BATCH_SIZE 6 MB", "MAX_BATCH_SIZE 5121", "MAX_BATCH_SIZE 0", "MAX_BATCH_ROWS 0", "MAX_BATCH_ROWS 2147483648"],
)
def test_options_out_of_bounds_are_refused(options: str) -> None:
    assert refused(options=options).code == "22023"


@pytest.mark.parametrize("options", ["MAX_BATCH_ROWS ten", "RETRY_TIMEOUT -1", "RETRY_TIMEOUT 1.5", "BATCH 3"])
def test_options_that_are_no_numbers_or_unknown_break_the_grammar(options: str) -> None:
    assert refused(options=options).code == "42601"


def test_all_options_in_their_order() -> None:
    made = external(options="RETRY_TIMEOUT 0 MAX_BATCH_ROWS 10 MAX_BATCH_SIZE 2 MB")
    assert (made.retry_timeout, made.max_batch_rows, made.max_batch_size) == (0, 10, 2_097_152)


def test_an_external_function_is_never_immutable() -> None:
    error = refused(volatility="IMMUTABLE")
    assert error.code == "42601"
    assert "IMMUTABLE" in error.message


@pytest.mark.parametrize("kind", ["SUPER", "GEOMETRY", "GEOGRAPHY", "VARBYTE", "TIMESTAMPTZ", "TIME"])
def test_types_that_are_not_on_the_list_are_refused(kind: str) -> None:
    assert refused(arguments=kind).code == "0A000"
    assert refused(returns=kind).code == "0A000"


@pytest.mark.parametrize(
    "kind",
    ["SMALLINT", "INT4", "BIGINT", "DECIMAL(38,10)", "REAL", "FLOAT8", "CHAR(3)", "VARCHAR(MAX)", "BOOL", "DATE",
     "TIMESTAMP"],
)  # fmt: skip
def test_types_on_the_list_are_taken(kind: str) -> None:
    external(arguments=kind, returns=kind)


@pytest.mark.parametrize(
    "target",
    [
        "f",
        "a" * 64,
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:lambda:eu-west-1:123456789012:function:f:live",
    ],
)
def test_a_lambda_is_named_or_given_by_its_arn(target: str) -> None:
    assert external(target=target).lambda_name == target


@pytest.mark.parametrize(
    "target", ["", "a b", "a" * 65, "arn:aws:lambda:us-east-1:1:function:f", "arn:aws:s3:::bucket"]
)
def test_a_lambda_that_cannot_be_is_refused(target: str) -> None:
    assert refused(target=target).code == "22023"


@pytest.mark.parametrize("role", ["default", f"'{ROLE}'", f"'{ROLE},arn:aws:iam::210987654321:role/path/to/other'"])
def test_roles(role: str) -> None:
    assert external(role=role).iam_role == role.strip("'")


@pytest.mark.parametrize(
    "role", ["'role'", "'arn:aws:iam::1:role/x'", "'arn:aws:iam::123456789012:user/x'", f"'{ROLE},'"]
)
def test_roles_that_cannot_be_are_refused(role: str) -> None:
    assert refused(role=role).code == "22023"


@pytest.mark.parametrize(
    "text",
    [
        "CREATE EXTERNAL FUNCTION f() RETURNS INT STABLE LAMBDA 'x'",
        "CREATE EXTERNAL FUNCTION f() RETURNS INT LAMBDA 'x' IAM_ROLE default",
        "CREATE EXTERNAL FUNCTION f RETURNS INT STABLE LAMBDA 'x' IAM_ROLE default",
        "CREATE EXTERNAL FUNCTION f(int,) RETURNS INT STABLE LAMBDA 'x' IAM_ROLE default",
        "CREATE EXTERNAL FUNCTION f() RETURNS INT STABLE LAMBDA 'x' IAM_ROLE default garbage",
        "CREATE FUNCTION f() RETURNS INT STABLE AS $$ SELECT 1 $$",
        "CREATE FUNCTION f(int) RETURNS INT AS $$ SELECT $1 $$ LANGUAGE sql",
    ],
)
def test_what_the_grammar_does_not_take(text: str) -> None:
    with pytest.raises(SqlError) as caught:
        create(text)
    assert caught.value.code == "42601"


def test_more_than_32_arguments_are_refused() -> None:
    with pytest.raises(SqlError, match="32"):
        create(f"CREATE FUNCTION f({', '.join(['int'] * 33)}) RETURNS int STABLE AS $$ SELECT 1 $$ LANGUAGE sql")


def test_python_is_refused_by_name() -> None:
    with pytest.raises(SqlError, match="plpythonu"):
        create("CREATE FUNCTION f() RETURNS int STABLE AS $$ return 1 $$ LANGUAGE plpythonu")


def test_drop_reads_types_under_every_spelling() -> None:
    made = parse_drop(split('DROP FUNCTION "S".f(a int8, character varying(10), double precision) CASCADE')[0])
    assert (made.schema, made.name) == ("s", "f")
    assert [argument.name for argument in made.arguments] == ["bigint", "character varying", "double precision"]
