"""Rows as Redshift's documentation shows them for SVV_REDSHIFT_FUNCTIONS and SHOW FUNCTIONS."""

from __future__ import annotations

from builder.core.sql.catalog import routine, routines_query
from builder.model import Routine


def test_a_row_is_read_with_its_types_in_our_spelling() -> None:
    arguments = "integer, character varying, numeric, date, timestamp without time zone, boolean"

    assert routine(("f2", arguments, "character varying", "REGULAR FUNCTION")) == Routine(
        name="f2", arguments=("integer", "varchar", "decimal", "date", "timestamp", "boolean"), returns="varchar"
    )


def test_no_arguments_may_come_as_nothing_and_a_procedure_returns_nothing() -> None:
    assert routine(("p", None, "", "STORED PROCEDURE")) == Routine(name="p", arguments=(), returns="")


def test_lengths_with_commas_do_not_split_a_type() -> None:
    assert routine(("f", "numeric(10,2),integer", "integer", "REGULAR FUNCTION")).arguments == ("decimal", "integer")


def test_the_question_names_database_and_schema_as_redshift_keeps_them() -> None:
    text = routines_query(database="dev", schema="O'Carto")

    assert "database_name = 'dev' AND schema_name = 'o''carto'" in text
