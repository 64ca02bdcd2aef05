"""Rows that stream through their calls: nothing kept where it need not be, and the same answers as with kept rows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from builder.local.calls.invoker import rowwise
from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.local.client import Client


@pytest.fixture
def rows(client: Client) -> Client:
    """Table t: n from 1 to 10,000; and the functions `twice`, 999 rows a batch, and `same`."""
    client.run("CREATE TABLE t AS SELECT n::BIGINT AS n FROM generate_series(1, 10000) AS g(n)")
    client.external("twice", "BIGINT", "BIGINT", options="MAX_BATCH_ROWS 999")
    client.external("same", "VARCHAR", "VARCHAR")
    return client


def kept(client: Client, sql: str) -> set[int]:
    """How many temporary tables there were when Lambda was called."""
    found: set[int] = set()

    def counting(request: dict[str, Any]) -> dict[str, Any]:
        assert client.session.calling is not None
        found.add(len(client.session.calling.tables))
        return rowwise(lambda n: None if n is None else 2 * n)(request)

    client.invoker.functions["twice"] = counting  # type: ignore[index]
    client.run(sql)
    return found


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT SUM(twice(n)) FROM t",
        "SELECT n, twice(n) FROM t ORDER BY n",
        "SELECT COUNT(*) FROM t WHERE twice(n) > 10",
        "SELECT MAX(d) FROM (SELECT twice(n) AS d FROM t) s",
        "SELECT twice(n) FROM t UNION ALL SELECT twice(twice(n)) FROM t",
        "SELECT a.d FROM (SELECT twice(n) AS d FROM t) a JOIN (SELECT twice(n) AS d FROM t) b ON a.d = b.d",
        "INSERT INTO t SELECT twice(n) FROM t",
        "CREATE TABLE made AS SELECT twice(n) AS d FROM t",
    ],
)
def test_nothing_is_kept_where_rows_are_read_once(rows: Client, sql: str) -> None:
    assert kept(rows, sql) == {0}


@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (SELECT n, twice(n) AS d FROM t) SELECT COUNT(*) FROM a JOIN a AS b ON a.d = b.d",
        "SELECT n FROM t WHERE n IN (SELECT twice(n) FROM t)",
        "SELECT (SELECT MAX(twice(n)) FROM t)",
        "UPDATE t SET n = twice(n)",
        "BEGIN; SELECT SUM(twice(n)) FROM t; COMMIT",
        "CREATE TEMP TABLE mine AS SELECT n FROM t; SELECT SUM(twice(n)) FROM mine; DROP TABLE mine",
    ],
)
def test_rows_are_kept_where_they_may_be_read_twice_or_nobody_else_sees_them(rows: Client, sql: str) -> None:
    assert min(kept(rows, sql)) > 0


def test_a_temporary_table_hides_the_table_of_its_name(rows: Client) -> None:
    rows.run("CREATE TEMP TABLE t AS SELECT 7::BIGINT AS n")
    assert rows.run("SELECT SUM(twice(n)) FROM t") == [("14",)]
    rows.run("DROP TABLE t")


CHAIN = """
    SELECT COUNT(*), SUM(CASE WHEN n % 3 = 0 THEN twice(twice(n)) WHEN n % 3 = 1 THEN twice(n) END)
    FROM t WHERE twice(n) <> 20
"""


@pytest.mark.parametrize("begin", ["", "BEGIN; "])
def test_guarded_and_nested_calls_over_many_batches(rows: Client, begin: str) -> None:
    expected = sum(4 * n if n % 3 == 0 else 2 * n if n % 3 == 1 else 0 for n in range(1, 10001) if n != 10)
    assert rows.run(begin + CHAIN) == [("9999", str(expected))]
    rows.run("ROLLBACK")


@pytest.mark.parametrize("begin", ["", "BEGIN; "])
def test_batches_are_full_but_for_the_last(rows: Client, begin: str) -> None:
    rows.run(f"{begin}SELECT SUM(twice(n)) FROM t")
    sent = sorted(rows.sent)
    assert [len(batch) for batch in sent] == [999] * 10 + [10]
    assert [row for batch in sent for row in batch] == [[n] for n in range(1, 10001)]
    rows.run("ROLLBACK")


@pytest.mark.parametrize(
    "value",
    [
        "JSON_PARSE('{\"a\": [1, 2]}')",
        "ST_SETSRID(ST_POINT(1, 2), 4326)",
        "CAST('12345678901234567890.123' AS DECIMAL(38,3))",
        "CAST('2020-02-29 01:02:03+00' AS TIMESTAMPTZ)",
        "CAST('2020-02-29' AS DATE)",
        "TO_VARBYTE('00ff', 'hex')",
        "SUM(n)",
        "CAST(NULL AS REAL)",
        "NULL",
    ],
)
def test_what_stands_beside_a_call_is_what_it_is_without(rows: Client, value: str) -> None:
    alone = rows.run(f"SELECT {value} FROM t GROUP BY n > 0")
    kind = rows.columns[0][1]
    assert rows.run(f"SELECT {value}, same('x') FROM t GROUP BY n > 0") == [(*alone[0], "x")]
    assert rows.run(f"SELECT {value}, twice(COUNT(*)) FROM t GROUP BY n > 0") == [(*alone[0], "20000")]
    assert rows.columns[0][1] == kind


@pytest.mark.parametrize(
    ("kind", "result", "text"),
    [
        ("DECIMAL(20,2)", "1.50", "1.50"),
        ("DATE", "2020-02-29", "2020-02-29"),
        ("TIMESTAMP", "2020-02-29T01:02:03.25", "2020-02-29 01:02:03.25"),
        ("BOOLEAN", False, "f"),
        ("REAL", 3, "3"),
        ("DOUBLE PRECISION", 2**60, "1.152921504606847e+18"),
        ("SMALLINT", -7, "-7"),
    ],
)
@pytest.mark.parametrize("begin", ["", "BEGIN; "])
def test_an_answer_has_the_function_s_type(client: Client, kind: str, result: Any, text: str, begin: str) -> None:
    client.invoker.functions["fixed"] = rowwise(lambda _n: result)  # type: ignore[index]
    client.external("fixed", "INT", kind)
    assert client.run(f"{begin}SELECT fixed(n::INT), fixed(NULL) IS NULL FROM generate_series(1, 1) AS g(n)") == [
        (text, "f")
    ]
    client.run("ROLLBACK")


def test_an_error_in_the_middle_keeps_its_words_and_code(rows: Client) -> None:
    calls: list[int] = []

    def failing(request: dict[str, Any]) -> dict[str, Any]:
        calls.append(1)
        if len(calls) == 3:
            return {"success": False, "error_msg": "row 5: no"}
        return rowwise(lambda n: 2 * n)(request)

    rows.invoker.functions["twice"] = failing  # type: ignore[index]
    with pytest.raises(SqlError, match=r"^row 5: no$") as caught:
        rows.run("SELECT SUM(twice(n)) FROM t")
    assert caught.value.code == "XX000"
    assert rows.run("SELECT COUNT(*) FROM t") == [("10000",)]


def test_a_limit_above_ends_the_calls(rows: Client) -> None:
    assert len(rows.run("SELECT d FROM (SELECT twice(n) AS d FROM t) s LIMIT 5")) == 5
    assert rows.run("SELECT SUM(twice(n)) FROM t WHERE n < 3") == [("6",)]


def test_a_client_that_reads_slowly_holds_the_calls_back(rows: Client) -> None:
    rows.run("CREATE TABLE many AS SELECT n::BIGINT AS n FROM generate_series(1, 1000000) AS g(n)")
    (source,) = split("SELECT twice(n) FROM many")
    prepared = rows.session.prepare(source)
    chunks: Iterator[tuple[bytes, int]] = rows.session.execute(prepared, (), (0,)).chunks or iter(())
    next(chunks)
    assert len(rows.sent) < 500
    chunks.close()  # type: ignore[attr-defined]
    assert rows.run("SELECT COUNT(*) FROM t") == [("10000",)]


def test_a_query_that_is_cancelled_ends_at_once(rows: Client) -> None:
    called, gate = threading.Event(), threading.Event()

    def waiting(request: dict[str, Any]) -> dict[str, Any]:
        called.set()
        gate.wait(20)
        return rowwise(lambda n: n)(request)

    rows.invoker.functions["twice"] = waiting  # type: ignore[index]

    def cancel() -> None:
        called.wait(20)
        rows.session.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(SqlError) as caught:
        rows.run("SELECT SUM(twice(n)) FROM t")
    gate.set()
    thread.join()
    assert caught.value.code == "57014"


def test_a_cancel_while_a_statement_is_prepared_is_for_that_statement(rows: Client) -> None:
    rows.session.attend()
    (source,) = split("SELECT n FROM t")
    prepared = rows.session.prepare(source)
    rows.session.cancel()
    with pytest.raises(SqlError) as caught:
        rows.session.execute(prepared, (), (0,))
    assert caught.value.code == "57014"
    rows.session.attend()
    result = rows.session.execute(prepared, (), (0,))
    rows.session.cancel()
    with pytest.raises(SqlError) as caught:
        list(result.chunks or ())
    assert caught.value.code == "57014"
    assert rows.run("SELECT COUNT(*) FROM t") == [("10000",)]


def test_the_counts_are_of_all_batches(rows: Client) -> None:
    rows.run("SELECT SUM(twice(n)) FROM t")
    assert rows.run("SELECT invocations, total_rows FROM sys_ludf_detail") == [("11", "10000")]


@pytest.mark.parametrize("width", [1, 60_000])
def test_a_result_is_fetched_by_bytes(rows: Client, width: int) -> None:
    (source,) = split(f"SELECT REPEAT('x', {width}) FROM t LIMIT 300")
    prepared = rows.session.prepare(source)
    pieces = list(rows.session.execute(prepared, (), (0,)).chunks or ())
    assert sum(count for _, count in pieces) == 300
    # The first piece is of 64 rows, before anything is known of them; a megabyte is 17 rows of 60,000 bytes.
    assert max(count for _, count in pieces[1:]) == (17 if width > 1 else 236)
