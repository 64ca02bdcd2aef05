"""Named parameters: which `:name` is one, and which is not."""

from __future__ import annotations

import pytest

from builder.local.data_api.parameters import bind


def test_a_parameter_may_come_often_and_in_any_order() -> None:
    made = bind("SELECT :b, :a, :b::int, :a", {"a": "1", "b": "2"})

    assert made.sql == "SELECT $1, $2, $1::int, $2"
    assert made.values == ("2", "1")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ':a'",
        "SELECT 'it''s :a'",
        'SELECT ":a" FROM t',
        "SELECT 1 -- :a",
        "SELECT /* :a */ 1",
        "SELECT 1::a",
        "SELECT $$ :a $$",
        "SELECT :ab",
    ],
)
def test_texts_names_comments_casts_and_longer_names_are_left(sql: str) -> None:
    made = bind(sql, {"a": "1"})

    assert (made.sql, made.values, made.names) == (sql, (), frozenset())


def test_a_cast_right_behind_and_names_of_digits_are_read() -> None:
    """The API's pattern of a name is [0-9a-zA-Z_]+."""
    assert bind("VALUES(:1,:2x::int,:_)", {"1": "a", "2x": "b", "_": "c"}).sql == "VALUES($1,$2::int,$3)"


def test_keywords_are_names_too() -> None:
    assert bind("SELECT :date, :select", {"date": "d", "select": "s"}).sql == "SELECT $1, $2"


def test_values_are_never_part_of_the_text() -> None:
    made = bind("SELECT :a", {"a": "'; DROP TABLE t; --"})

    assert made.sql == "SELECT $1"
    assert made.values == ("'; DROP TABLE t; --",)


def test_without_parameters_nothing_is_read() -> None:
    assert bind("SELECT 'unterminated :a", {}).sql == "SELECT 'unterminated :a"
