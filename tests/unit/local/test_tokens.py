"""Splitting a text into statements, and what Redshift reads otherwise than sqlglot."""

from __future__ import annotations

import pytest

from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError


def texts(sql: str) -> list[str]:
    return [source.text for source in split(sql)]


def test_semicolons_in_strings_comments_and_bodies_end_nothing() -> None:
    sql = "SELECT ';' -- ; \n; /* ; */ SELECT $$ a; b $$; SELECT \"a;b\""
    assert texts(sql) == ["SELECT ';'", "SELECT $$ a; b $$", 'SELECT "a;b"']


@pytest.mark.parametrize("sql", ["", "  ;; ", "-- nothing", "/* ; */"])
def test_a_text_without_statements_has_none(sql: str) -> None:
    assert texts(sql) == []


@pytest.mark.parametrize("sql", ["SELECT 'open", 'SELECT "open', "SELECT $$open", "SELECT /* open"])
def test_an_open_quote_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(SqlError) as caught:
        split(sql)
    assert caught.value.code == "42601"


def words(sql: str) -> list[str]:
    return [token.text for token in split(sql)[0].tokens]


def test_parameters_close_to_one_another_are_no_dollar_quote() -> None:
    assert words("SELECT f($1),$2, '$3'") == ["SELECT", "f", "(", "@", "1", ")", ",", "@", "2", ",", "$3"]


@pytest.mark.parametrize("sql", ["5 # 3", "5#3", "5 #3", "5# 3"])
def test_a_hash_after_a_value_is_an_operator(sql: str) -> None:
    assert words(sql) == ["5", "#", "3"]


def test_a_hash_where_a_name_is_due_belongs_to_a_temporary_table() -> None:
    assert words("FROM #made") == ["FROM", "#made"]
