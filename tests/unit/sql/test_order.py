from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.core.sql import statements as sql
from builder.errors import CatalogError
from tests.unit.sql.samples import GREET, POLYFILL, a_function, native

if TYPE_CHECKING:
    from builder.model import Function


def names(*functions: Function) -> list[str]:
    return [function.name for function in sql.in_order(functions)]


A = native("a", "SELECT {{ schema }}.b($1) + @@SCHEMA@@.c($1)")
B = native("b", 'SELECT {{ schema }}."C"($1)')
C = native("c", "SELECT $1")


def test_callees_come_first_and_the_rest_keeps_its_order() -> None:
    assert names(A, B, C) == ["c", "b", "a"]
    assert names(POLYFILL, C, A, GREET, B) == ["quadbin_polyfill", "c", "greet", "b", "a"]


def test_a_sql_function_waits_for_the_lambda_function_that_it_calls() -> None:
    caller = native("a_caller", "SELECT {{ schema }}.quadbin_polyfill_external('x', 1)")

    assert names(caller, POLYFILL) == ["quadbin_polyfill", "a_caller"]


@pytest.mark.parametrize(
    "sql_text",
    [
        "SELECT '{{ schema }}.a($1)'",
        "SELECT a($1)  -- {{ schema }}.a($1)",
        "SELECT pg_catalog.a($1)",
        "SELECT {{ schema }}.a",
    ],
)
def test_only_a_qualified_call_counts(sql_text: str) -> None:
    assert names(native("b", sql_text), native("a", "SELECT {{ schema }}.b($1)")) == ["b", "a"]


def test_calls_inside_a_templates_dollar_quotes_count() -> None:
    text = "CREATE FUNCTION {{ schema }}.t(int) RETURNS int STABLE AS $$ SELECT {{ schema }}.c($1) $$ LANGUAGE sql"

    assert names(a_function("t", template=True, sql=text), C) == ["c", "t"]


def test_a_circle_names_all_who_are_in_it() -> None:
    circle = [A, native("b", "SELECT {{ schema }}.d($1)"), C, native("d", "SELECT {{ schema }}.a($1)")]

    with pytest.raises(CatalogError, match="in a circle: a -> b -> d -> a"):
        sql.in_order(circle)


def test_a_call_of_itself_is_a_circle_of_one() -> None:
    with pytest.raises(CatalogError, match="in a circle: r -> r"):
        sql.in_order([native("r", "SELECT {{ schema }}.r($1)")])


def test_a_template_orders_its_own_statements() -> None:
    assert names(GREET) == ["greet"]
