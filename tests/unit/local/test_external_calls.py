"""Calls of external functions in every place of a statement: the rows that are sent, the batches, and the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from tests.unit.local.client import Client


CTES = """
    WITH a AS (SELECT id, twice(id) AS d FROM t), b AS (SELECT id, twice(d) AS e FROM a)
    SELECT a.d, b.e FROM a JOIN b ON a.id = b.id ORDER BY 1
"""
HAVING = "SELECT v, twice(COUNT(*)) FROM t GROUP BY v HAVING twice(COUNT(*)) > 1 ORDER BY v"
UNION = "SELECT twice(id) FROM t WHERE id < 2 UNION ALL SELECT twice(id) FROM t WHERE id > 2 ORDER BY 1"


@pytest.fixture
def rows(client: Client) -> Client:
    """Table t: (1, a), (2, b), (3, NULL); and the functions `twice`, `same`, `joined`."""
    client.run("CREATE TABLE t (id BIGINT, v VARCHAR(10)); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, NULL)")
    client.external("twice", "BIGINT", "BIGINT")
    client.external("same", "VARCHAR", "VARCHAR")
    client.external("joined", "BIGINT, VARCHAR", "VARCHAR")
    return client


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(DISTINCT twice(CAST(RANDOM() * 1000000000 AS BIGINT))) FROM t",
        "SELECT COUNT(DISTINCT twice(twice(CAST(RANDOM() * 1000000000 AS BIGINT)))) FROM t",
        "SELECT COUNT(DISTINCT x) FROM (SELECT twice(CAST(RANDOM() * 1000000000 AS BIGINT)) AS x FROM t) AS s",
    ],
)
def test_a_random_argument_is_another_one_for_each_row(rows: Client, sql: str) -> None:
    assert rows.run(sql) == [("3",)]


@pytest.mark.parametrize(
    ("sql", "expected", "sent"),
    [
        ("SELECT twice(twice(2)) FROM t", [("8",)] * 3, [[[2]], [[4]]]),
        ("SELECT COUNT(DISTINCT twice(twice(2))) FROM t", [("1",)], [[[2]], [[4]]]),
        ("SELECT SUM(twice(id + twice(1))) FROM t", [("24",)], [[[1]], [[3], [4], [5]]]),
    ],
)
def test_a_call_of_constants_inside_another_is_made_once(
    rows: Client, sql: str, expected: list[tuple[str]], sent: list[list[list[int]]]
) -> None:
    assert rows.run(sql) == expected
    assert rows.sent == sent


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id, twice(id) FROM t ORDER BY id DESC", [("3", "6"), ("2", "4"), ("1", "2")]),
        ("SELECT twice(twice(id)) + id AS n FROM t ORDER BY n", [("5",), ("10",), ("15",)]),
        ("SELECT id FROM t WHERE twice(id) > 2 AND v IS NOT NULL", [("2",)]),
        ("SELECT twice(id), COUNT(*) FROM t GROUP BY 1 ORDER BY 1", [("2", "1"), ("4", "1"), ("6", "1")]),
        ("SELECT twice(id) AS d, COUNT(*) FROM t GROUP BY d ORDER BY d LIMIT 1", [("2", "1")]),
        ("SELECT SUM(twice(id)) FROM t", [("12",)]),
        ("SELECT twice(MAX(id)) FROM t", [("6",)]),
        ("SELECT twice(COUNT(*)) FROM t", [("6",)]),
        (HAVING, [("a", "2"), ("b", "2"), (None, "2")]),
        ("SELECT id FROM t ORDER BY twice(id) DESC LIMIT 2", [("3",), ("2",)]),
        ("SELECT twice(id) AS d FROM t ORDER BY d DESC LIMIT 2", [("6",), ("4",)]),
        ("SELECT DISTINCT twice(id % 2) FROM t ORDER BY 1", [("0",), ("2",)]),
        ("SELECT a.id, b.id FROM t a JOIN t b ON twice(a.id) = b.id + 1 ORDER BY 1", [("1", "1"), ("2", "3")]),
        ("SELECT a.id, b.id FROM t a, t b WHERE twice(a.id) = b.id", [("1", "2")]),
        ("SELECT id, SUM(twice(id)) OVER (ORDER BY id) FROM t ORDER BY id", [("1", "2"), ("2", "6"), ("3", "12")]),
        ("SELECT twice(SUM(id) OVER (ORDER BY id)) FROM t ORDER BY id", [("2",), ("6",), ("12",)]),
        ("SELECT d FROM (SELECT twice(id) AS d FROM t) s WHERE d > 2 ORDER BY d", [("4",), ("6",)]),
        (CTES, [("2", "4"), ("4", "8"), ("6", "12")]),
        ("SELECT (SELECT MAX(twice(id)) FROM t), id FROM t WHERE id = 1", [("6", "1")]),
        ("SELECT id FROM t WHERE id IN (SELECT twice(id) FROM t)", [("2",)]),
        (UNION, [("2",), ("6",)]),
        ("SELECT *, twice(id) AS d FROM t WHERE id = 2", [("2", "b", "4")]),
        ("SELECT t.*, twice(t.id) FROM t WHERE twice(id) = 4", [("2", "b", "4")]),
        ("SELECT joined(id, v) FROM t ORDER BY id", [("1|a",), ("2|b",), ("3|None",)]),
        ("SELECT twice(CAST(NULL AS BIGINT))", [(None,)]),
        ("SELECT COALESCE(v, same('none')) FROM t ORDER BY id", [("a",), ("b",), ("none",)]),
        ("SELECT twice(id) FROM t WHERE false", []),
        ("SELECT id, twice(id) FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY id DESC) = 1", [("3", "6")]),
    ],
)  # fmt: skip
def test_a_call_in_every_clause(rows: Client, sql: str, expected: list[tuple[str | None, ...]]) -> None:
    assert rows.run(sql) == expected


def test_only_the_rows_that_are_left_are_sent(rows: Client) -> None:
    rows.run("SELECT twice(id) FROM t WHERE v IS NOT NULL ORDER BY id DESC LIMIT 1")
    assert rows.sent == [[[2]]]


def test_conditions_without_a_call_come_first(rows: Client) -> None:
    rows.run("SELECT id FROM t WHERE twice(id) > 0 AND v = 'a'")
    assert rows.sent == [[[1]]]


def test_the_select_list_is_called_for_the_rows_that_a_call_kept(rows: Client) -> None:
    rows.run("SELECT same(v) FROM t WHERE twice(id) > 2")
    assert [sorted(map(json.dumps, sent)) for sent in rows.sent] == [["[1]", "[2]", "[3]"], ['["b"]', "[null]"]]


def test_constant_arguments_are_called_once(rows: Client) -> None:
    # Redshift, "Scalar Lambda UDFs": SELECT a, b FROM t1 WHERE a*b = lambda_multiply(2, 32) calls it only once.
    assert rows.run("SELECT id FROM t WHERE id * 2 = twice(1)") == [("1",)]
    assert rows.sent == [[[1]]]


def test_equal_calls_of_a_stable_function_are_made_once(rows: Client) -> None:
    rows.run("SELECT twice(id), twice(id) + 1 FROM t")
    assert len(rows.sent) == 1


def test_every_call_of_a_volatile_function_is_made(client: Client) -> None:
    client.external("twice", "BIGINT", "BIGINT", volatility="VOLATILE")
    client.run(
        "CREATE TABLE t (id BIGINT); INSERT INTO t VALUES (1), (2); SELECT twice(id), twice(id), twice(7) FROM t"
    )
    assert sorted(client.sent) == [[[1], [2]], [[1], [2]], [[7], [7]]]


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        ("SELECT CASE WHEN id = 1 THEN twice(id) WHEN id = 2 THEN 0 ELSE twice(id * 10) END FROM t", [[[1]], [[30]]]),
        ("SELECT COALESCE(v, same(CAST(id AS VARCHAR))) FROM t", [[["3"]]]),
        ("SELECT CASE id WHEN 2 THEN twice(id) END FROM t", [[[2]]]),
    ],
)
def test_rows_whose_branch_does_not_count_are_not_sent(rows: Client, sql: str, sent: list[Any]) -> None:
    rows.run(sql)
    assert sorted(rows.sent) == sent


def test_answers_come_back_to_the_right_branch(rows: Client) -> None:
    sql = "SELECT CASE WHEN id = 3 THEN twice(id) ELSE -id END FROM t ORDER BY id"
    assert rows.run(sql) == [("-1",), ("-2",), ("6",)]


def test_batches_by_rows_keep_their_order(client: Client) -> None:
    client.external("twice", "BIGINT", "BIGINT", options="MAX_BATCH_ROWS 7")
    client.run("CREATE TABLE t AS SELECT n FROM generate_series(1, 100) AS g(n)")
    assert client.run("SELECT COUNT(*) FROM (SELECT n, twice(n) AS d FROM t) s WHERE d = 2 * n") == [("100",)]
    assert [len(batch) for batch in client.sent] == [7] * 14 + [2]


def test_batches_by_size(client: Client) -> None:
    client.external("same", "VARCHAR(MAX)", "VARCHAR(MAX)", options="MAX_BATCH_SIZE 2 KB")
    client.run("SELECT same(repeat('x', CAST(n AS INT))) FROM generate_series(1, 60) AS g(n)")
    for _, request in client.invoker.calls:
        assert len(json.dumps(request, separators=(",", ":"))) <= 2048
    assert sum(map(len, client.sent)) == 60


def test_a_call_inside_a_transaction_sees_its_rows(rows: Client) -> None:
    rows.run("BEGIN; INSERT INTO t VALUES (40, 'new')")
    assert rows.run("SELECT twice(id) FROM t WHERE v = 'new'") == [("80",)]
    rows.run("ROLLBACK")


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        (
            "INSERT INTO t SELECT twice(id), same(v) FROM t WHERE id = 1",
            [("1", "a"), ("2", "b"), ("2", "a"), ("3", None)],
        ),
        (
            "INSERT INTO t VALUES (twice(4), 'c'), (9, same('d'))",
            [("1", "a"), ("2", "b"), ("3", None), ("8", "c"), ("9", "d")],
        ),
        ("UPDATE t SET id = twice(id) WHERE id > 1", [("1", "a"), ("4", "b"), ("6", None)]),
        ("UPDATE t SET v = same('z') WHERE twice(id) = 4", [("1", "a"), ("2", "z"), ("3", None)]),
        ("DELETE FROM t WHERE twice(id) > 2", [("1", "a")]),
    ],
)
def test_statements_that_write(rows: Client, sql: str, left: list[tuple[str | None, ...]]) -> None:
    rows.run(sql)
    assert sorted(rows.run("SELECT * FROM t"), key=str) == sorted(left, key=str)


def test_a_table_from_a_query_that_calls(rows: Client) -> None:
    rows.run("CREATE TABLE made AS SELECT id, twice(id) AS d FROM t")
    assert rows.run("SELECT d FROM made ORDER BY d") == [("2",), ("4",), ("6",)]


def test_a_view_calls_when_it_is_read(rows: Client) -> None:
    rows.run("CREATE VIEW w AS SELECT id, twice(id) AS d FROM t")
    assert rows.sent == []
    assert rows.run("SELECT d FROM w AS x WHERE x.id = 3") == [("6",)]
    assert rows.sent == [[[1], [2], [3]]]


def test_what_the_client_is_told_of_a_column_holds_for_its_values(rows: Client) -> None:
    # The statement is described before anything is called.
    assert rows.run("SELECT twice(id) || 'x' AS a, twice(id) / 2 AS b FROM t WHERE id = 1") == [("2x", "1")]
    assert rows.columns == [("a", "character varying"), ("b", "bigint")]


def test_no_temporary_relation_is_left(rows: Client) -> None:
    rows.run("SELECT twice(id) FROM t WHERE twice(id) > 1")
    names = rows.session.duck.rows("SELECT table_name FROM duckdb_tables() WHERE temporary")
    assert names == []


def test_a_failure_s_words_reach_the_client(client: Client) -> None:
    client.invoker.functions["broken"] = lambda _request: {"success": False, "error_msg": "row 2: no"}  # type: ignore[index]
    client.external("broken", "INT", "INT")
    with pytest.raises(SqlError, match=r"^row 2: no$"):
        client.run("SELECT broken(1)")


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("BIGINT", "9007199254740993", "9007199254740993"),
        ("DECIMAL(38,10)", "12345678901234567890.1234567891", "12345678901234567890.1234567891"),
        ("DOUBLE PRECISION", "0.1", "0.1"),
        ("BOOLEAN", "true", "true"),
        ("VARCHAR", "'日本\"\\\\ é'", json.dumps('日本"\\ é', ensure_ascii=False)),
        ("DATE", "'2020-02-29'", '"2020-02-29"'),
        ("TIMESTAMP", "'2020-02-29 01:02:03.25'", '"2020-02-29 01:02:03.25"'),
        ("VARCHAR", "NULL", "null"),
    ],
)
def test_arguments_cross_exactly(client: Client, kind: str, value: str, sent: str) -> None:
    payloads: list[bytes] = []
    whole = client.invoker

    class Recording:
        def __call__(self, function: str, payload: bytes, /) -> bytes:
            payloads.append(payload)
            return whole(function, payload)

        def for_statement(self) -> Recording:
            return self

    client.engine.invoker = Recording()
    client.external("joined", kind, "VARCHAR")
    client.run(f"SELECT joined({value})")
    assert payloads[0].endswith(f'"arguments":[[{sent}]]}}'.encode())


def test_a_number_that_json_has_not_is_refused(client: Client) -> None:
    client.external("same", "FLOAT8", "FLOAT8")
    with pytest.raises(SqlError, match="not finite"):
        client.run("SELECT same(CAST('NaN' AS FLOAT8))")


def test_the_counts_are_shown(rows: Client) -> None:
    rows.run("SELECT twice(id) FROM t")
    sql = "SELECT lambda_function_name, invocations, total_rows, input_bytes > 0, output_bytes > 0 FROM sys_ludf_detail"
    assert rows.run(sql) == [("twice", "1", "3", "t", "t")]
    assert [name for name, _ in rows.run("SELECT * FROM sys_ludf_detail") and rows.columns] == [
        "user_id", "transaction_id", "query_id", "function_oid", "function_position", "stream_id", "segment_id",
        "step_id", "lambda_function_name", "start_time", "end_time", "total_duration", "invocations", "total_rows",
        "input_bytes", "output_bytes",
    ]  # fmt: skip
