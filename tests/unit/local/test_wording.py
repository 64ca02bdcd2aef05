"""What a client is told of DuckDB's errors: none of its own words. The lines of the table: conformance/errors.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import pytest

from builder.local.engine.wording import from_duckdb
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from tests.unit.local.client import Client

# Classes, carets, candidates and names of C++ and of DuckDB's types.
FOREIGN = re.compile(
    r"Error:|LINE \d|\^|andidate|Did you mean|duckdb|DuckDB|_rs\.|::|INT(?:8|16|32|64|128)\b|LITERAL|STRUCT|Macro"
)


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (duckdb.InternalException, "INTERNAL Error: Attempted to access index 3 within vector of size 3", "XX000"),
        (
            duckdb.BinderException,
            "Binder Error: Something of STRUCT(a INT32)\n\nLINE 1: SELECT _rs.x\n       ^",
            "42804",
        ),
        (duckdb.CatalogException, "Catalog Error: Thing with name _rs.x is odd!\nDid you mean y", "42704"),
        (duckdb.InvalidInputException, "Invalid Input Error: Expression::Cast of INT32 failed", "22023"),
        (duckdb.NotImplementedException, "Not implemented Error: Unimplemented expression class", "0A000"),
        (duckdb.OutOfRangeException, "Out of Range Error: Overflow in multiplication of INT32 (3 * 4)!", "22003"),
        (duckdb.ConversionException, "Conversion Error: Nobody has seen this INT8", "22P02"),
        (duckdb.OutOfMemoryException, "Out of Memory Error: could not allocate block of size 256.0 KiB", "53200"),
        (duckdb.TransactionException, "TransactionContext Error: cannot start a transaction within one", "25000"),
        (RuntimeError, "vector::_M_range_check", "XX000"),
    ],
)
def test_a_text_that_the_table_does_not_know_is_told_by_its_class(kind: type[Exception], text: str, code: str) -> None:
    told = from_duckdb(kind(text))
    assert (told.code, FOREIGN.search(f"{told.message} {told.hint}")) == (code, None)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nope FROM range(3)", "SELECT {'a': 1}.b", "SELECT 'x'::INT", "SELECT list_sum('x')", "SELEC 1",
        "SELECT 1 + DATE '2020-01-01' + DATE '2020-01-01'", "SELECT substr(1, 'a', 2, 3)", "SELECT [1]::INT",
        "SELECT unnest(1)", "SELECT * FROM read_csv('/nothing')", "SELECT CAST(1000 AS TINYINT)", "SELECT 1 WHERE 'x'",
        "CREATE TABLE x (a NOTYPE)", "SELECT a FROM (SELECT 1 AS a) GROUP BY a, sum(a)", "PRAGMA nothing", "SELECT $1",
    ],
)  # fmt: skip
def test_no_word_of_the_engine_reaches_a_client(sql: str) -> None:
    """Statements straight to DuckDB, as no client could send them."""
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute(sql).fetchall()
    told = from_duckdb(caught.value)
    assert not FOREIGN.search(f"{told.message} {told.hint}"), told.message


@pytest.mark.parametrize(
    ("error", "hints"),
    [
        (duckdb.OutOfMemoryException("Out of Memory Error: could not allocate"), ()),
        (duckdb.OutOfRangeException("Out of Range Error: nobody has seen this"), ()),
        (duckdb.NotImplementedException("Not implemented Error: that"), ("#what-is-supported", "log has more")),
        (duckdb.BinderException("Binder Error: something"), ("log has more",)),
    ],
)
def test_the_log_is_named_where_the_words_leave_something_out(error: Exception, hints: tuple[str, ...]) -> None:
    told = from_duckdb(error)
    assert [hint for hint in ("#what-is-supported", "log has more") if hint in told.hint] == list(hints)


@pytest.mark.parametrize(
    ("sql", "position"),
    [
        ("CREATE", 7),
        ("CREATE VIEW v AS", 17),
        ("PREPARE p AS", 13),
        ("SELECT 1;\nSELECT 'é' FORM t", 27),
        ("SELEC 1", 1),
    ],
)
def test_a_syntax_error_says_where_in_the_whole_text(client: Client, sql: str, position: int) -> None:
    """Characters, not bytes, counted from 1: PostgreSQL, "Error and Notice Message Fields", P."""
    with pytest.raises(SqlError) as caught:
        client.run(sql)
    assert (caught.value.code, caught.value.position) == ("42601", position)
