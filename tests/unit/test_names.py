"""Names against the design's examples and the limits of AWS and Redshift."""

from __future__ import annotations

import pytest

from builder import names


def test_the_names_of_one_module() -> None:
    assert names.lambda_name("carto-at-", "quadbin") == "carto-at-quadbin"
    assert names.repository_name("carto-at-", "quadbin") == "carto-at-quadbin"
    assert names.external_name("quadbin_polyfill") == "quadbin_polyfill_external"


@pytest.mark.parametrize(
    ("prefix", "pascal"),
    [
        ("dev-carto-at-", "DevCartoAT"),
        ("carto-at-", "CartoAT"),
        ("ci_a1b2c3d4_678901_", "CiA1b2c3d4678901"),
        ("at-", "AT"),
        ("cat-", "Cat"),
        ("my_at-thing", "MyATThing"),
        ("--a", "A"),
    ],
)
def test_role_names_follow_the_prefix(prefix: str, pascal: str) -> None:
    assert names.execution_role_name(prefix) == f"{pascal}LambdaExecutionRole"
    assert names.invoke_role_name(prefix) == f"{pascal}RedshiftInvokeRole"


def test_session_names_have_underscores_for_hyphens_and_64_characters() -> None:
    assert names.session_name("dev-carto-at-") == "dev_carto_at_deployer"
    assert len(names.session_name("x" * 80)) == 64


@pytest.mark.parametrize(
    ("rs_schema", "rs_prefix", "production", "schema"),
    [
        ("", "", False, "carto"),
        ("", "dev_", False, "dev_carto"),
        ("mine", "dev_", False, "mine"),
        ("mine", "dev_", True, "carto"),
    ],
)
def test_schema_names(rs_schema: str, rs_prefix: str, production: bool, schema: str) -> None:  # noqa: FBT001 (a parameter of the test)
    assert names.schema_name(rs_schema=rs_schema, rs_prefix=rs_prefix, production=production) == schema


@pytest.mark.parametrize(
    ("name", "quoted"),
    [("a", '"a"'), ('a"b', '"a""b"'), ("a; DROP TABLE t", '"a; DROP TABLE t"'), ("a\nb", '"a\nb"'), ('"', '""""')],
)
def test_an_identifier_stays_one_identifier(name: str, quoted: str) -> None:
    assert names.quote_identifier(name) == quoted


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("a", "'a'"), ("a'b", "'a''b'"), ("a\\", "'a\\\\'"), ("\\'", "'\\\\'''"), ("", "''"), ("é\n", "'é\n'")],
)
def test_a_literal_stays_one_literal(text: str, quoted: str) -> None:
    assert names.quote_literal(text) == quoted


def test_nothing_carries_a_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        names.quote_identifier("a\0")
    with pytest.raises(ValueError, match="NUL"):
        names.quote_literal("a\0")


@pytest.mark.parametrize(
    ("name", "problems"), [("a" * 64, 0), ("a" * 65, 1), ("a b", 1), ("a.b", 1), ("A_b-1", 0), ("", 1)]
)
def test_lambda_names(name: str, problems: int) -> None:
    assert len(names.check_lambda_name(name, where="x")) == problems


@pytest.mark.parametrize(
    ("name", "problems"),
    [("a" * 256, 0), ("a" * 257, 1), ("team/a.b_c-d", 0), ("A", 1), ("a--b", 1), ("-a", 1), ("a-", 1), ("a//b", 1)],
)
def test_repository_names(name: str, problems: int) -> None:
    assert len(names.check_repository_name(name, where="x")) == problems


@pytest.mark.parametrize(("name", "problems"), [("R" * 64, 0), ("R" * 65, 1), ("a+=,.@-_", 0), ("a/b", 1), ("é", 1)])
def test_role_names(name: str, problems: int) -> None:
    assert len(names.check_role_name(name, where="x")) == problems


@pytest.mark.parametrize(
    ("name", "problems"),
    [("a" * 127, 0), ("a" * 128, 1), ("é" * 63, 0), ("é" * 64, 1), ("a\nb", 1), ("a\0b", 1), ("", 1), ('a"; --', 0)],
)
def test_identifiers_are_measured_in_bytes(name: str, problems: int) -> None:
    assert len(names.check_identifier(name, where="x")) == problems
