"""Every statement that breaks off is read to an end: a loop that looks for a word ends where the words do."""

from __future__ import annotations

import pytest

from builder.local.engine.read import read
from builder.local.procedures.block import parse_body
from builder.local.sql.tokens import Source, split
from builder.local.sqlstate import SqlError
from tests.fuzz.statements import SEEDS

STATEMENTS = tuple(source for seed in SEEDS for source in split(seed))


@pytest.mark.parametrize("source", STATEMENTS, ids=lambda source: " ".join(source.words(3)).lower())
def test_a_statement_that_breaks_off_is_read_to_an_end(source: Source) -> None:
    answers = [_answer(source, count) for count in range(1, len(source.tokens) + 1)]
    assert answers[-1] == ""
    assert all(each in {"", "0A000", "22023", "42601", "42704", "42883", "42P01", "42P13"} for each in answers), answers


def _answer(source: Source, count: int) -> str:
    """The SQLSTATE of its first tokens; "" where they are a statement."""
    try:
        read(Source(sql=source.sql[: source.tokens[count - 1].end + 1], tokens=source.tokens[:count]))
    except SqlError as error:
        return error.code
    return ""


def test_a_procedure_s_body_that_breaks_off_is_read_to_an_end() -> None:
    (body,) = (text for text in SEEDS if "LANGUAGE plpgsql" in text)
    words = body.split("$$")[1].split()
    for count in range(1, len(words)):
        with pytest.raises(SqlError):
            parse_body(" ".join(words[:count]))
    parse_body(" ".join(words))
