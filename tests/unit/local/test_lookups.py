"""Calls in outer joins, correlated subqueries and recursive CTEs, against the same statements with arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from tests.unit.local.client import Client


@pytest.fixture
def rows(client: Client) -> Client:
    """Tables t: (1, a), (2, b), (3, NULL), and u: 1, 2, 4, NULL; `twice` and `plus`, the same as n * 2 and a + b."""
    client.run("CREATE TABLE t (id BIGINT, v VARCHAR(10)); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, NULL)")
    client.run("CREATE TABLE u (n BIGINT); INSERT INTO u VALUES (1), (2), (4), (NULL)")
    client.invoker.functions["plus"] = lambda request: {  # type: ignore[index]
        "success": True,
        "num_records": request["num_records"],
        "results": [None if None in row else sum(row) for row in request["arguments"]],
    }
    client.external("twice", "BIGINT", "BIGINT")
    client.external("plus", "BIGINT, BIGINT", "BIGINT")
    return client


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        # One side's columns.
        ("SELECT a.id, n FROM t a {side} JOIN u ON twice(a.id) = n", "2 * a.id = n"),
        ("SELECT * FROM t a {side} JOIN u ON twice(n) = id", "2 * n = id"),
        ("SELECT * FROM t a {side} JOIN u ON id = n AND twice(id) = 4", "id = n AND 2 * id = 4"),
        ("SELECT COUNT(*), COUNT(n) FROM t a {side} JOIN u ON twice(twice(a.id)) = n", "4 * a.id = n"),
    ],
)
@pytest.mark.parametrize("side", ["LEFT", "RIGHT", "FULL", "INNER"])
def test_the_condition_of_a_join(rows: Client, sql: str, plain: str, side: str) -> None:
    sql = sql.format(side=side)
    expected = rows.run(sql.partition(" ON ")[0] + f" ON {plain}")
    assert sorted(rows.run(sql), key=str) == sorted(expected, key=str)
    assert rows.sent


@pytest.mark.parametrize(
    ("condition", "plain"),
    [
        ("plus(a.id, n) = 5", "a.id + n = 5"),
        ("n > 1 AND plus(a.id, n) > 3", "n > 1 AND a.id + n > 3"),
        ("plus(a.id, n) = 3 OR n = 4", "a.id + n = 3 OR n = 4"),
        ("plus(a.id, n) > plus(n, 2)", "a.id + n > n + 2"),
    ],
)
@pytest.mark.parametrize("side", ["LEFT", "RIGHT"])
def test_a_condition_over_both_sides(rows: Client, condition: str, plain: str, side: str) -> None:
    sql = f"SELECT * FROM t a {side} JOIN u ON "
    assert sorted(rows.run(sql + condition), key=str) == sorted(rows.run(sql + plain), key=str)


def test_a_full_join_over_both_sides_is_refused_in_postgresql_s_words(rows: Client) -> None:
    with pytest.raises(SqlError, match="FULL JOIN is only supported with merge-joinable join conditions"):
        rows.run("SELECT * FROM t a FULL JOIN u ON plus(a.id, n) = 5")


def test_an_inner_join_under_a_right_one_keeps_its_place(rows: Client) -> None:
    sql = "SELECT a.id, b.id, n FROM t a JOIN t b ON {} = b.id RIGHT JOIN u ON n = b.id"
    expected = rows.run(sql.format("2 * a.id"))
    assert sorted(rows.run(sql.format("twice(a.id)")), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        (
            "SELECT id, (SELECT twice(t.id) FROM t AS b WHERE b.id = t.id) FROM t",
            "SELECT id, (SELECT 2 * t.id FROM t AS b WHERE b.id = t.id) FROM t",
        ),
        (
            "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t AS b WHERE twice(b.id) = t.id)",
            "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t AS b WHERE 2 * b.id = t.id)",
        ),
        (
            "SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE plus(n, t.id) = 5 AND n > 1)",
            "SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE n + t.id = 5 AND n > 1)",
        ),
        (
            "SELECT id, (SELECT MAX(plus(n, id)) FROM u WHERE n <= id) AS m FROM t",
            "SELECT id, (SELECT MAX(n + id) FROM u WHERE n <= id) AS m FROM t",
        ),
        (
            "SELECT id, (SELECT twice(MAX(n)) + COUNT(*) FROM u WHERE n <= id) AS m FROM t",
            "SELECT id, (SELECT 2 * MAX(n) + COUNT(*) FROM u WHERE n <= id) AS m FROM t",
        ),
        (
            "SELECT id FROM t WHERE id IN (SELECT plus(n, 0) FROM u WHERE twice(n) <= twice(t.id))",
            "SELECT id FROM t WHERE id IN (SELECT n FROM u WHERE 2 * n <= 2 * t.id)",
        ),
        (
            ("SELECT twice(id), (SELECT SUM(twice(n)) FROM u WHERE n <= s.id) FROM"
            " (SELECT id FROM t WHERE twice(id) > 2) s"),
            "SELECT 2 * id, (SELECT SUM(2 * n) FROM u WHERE n <= s.id) FROM (SELECT id FROM t WHERE 2 * id > 2) s",
        ),
    ],
)  # fmt: skip
def test_a_correlated_subquery(rows: Client, sql: str, plain: str) -> None:
    assert sorted(rows.run(sql), key=str) == sorted(rows.run(plain), key=str)
    assert rows.sent


@pytest.mark.parametrize(
    "sql",
    [
        # Redshift, "Correlated subqueries": a reference that skips a query block, and one in an outer join's ON.
        ("SELECT id FROM t WHERE NOT EXISTS"
        " (SELECT 1 FROM u WHERE NOT EXISTS (SELECT 1 FROM t b WHERE b.id = plus(t.id, u.n)))"),
        "SELECT * FROM t LEFT JOIN u ON id = n AND id = (SELECT MAX(twice(b.id)) FROM t b WHERE b.id = u.n)",
    ],
)  # fmt: skip
def test_what_redshift_refuses_is_refused_in_its_words(rows: Client, sql: str) -> None:
    with pytest.raises(SqlError, match="This type of correlated subquery pattern is not supported yet"):
        rows.run(sql)


RECURSIONS = [
    "WITH RECURSIVE r(n) AS (SELECT 1::BIGINT UNION ALL SELECT {} FROM r WHERE n < 500) SELECT n FROM r ORDER BY n",
    (
        "WITH RECURSIVE r(n, d) AS (SELECT id, 0 FROM t UNION ALL SELECT {}, d + 1 FROM r WHERE d < 3)"
        " SELECT * FROM r ORDER BY n, d"
    ),
    (
        "WITH RECURSIVE base AS (SELECT id FROM t WHERE id > 1),"
        " r(n) AS (SELECT id FROM base UNION ALL SELECT {} FROM r JOIN u USING (n))"
        " SELECT n, COUNT(*) FROM r GROUP BY n ORDER BY n"
    ),
    "WITH RECURSIVE r(n) AS (SELECT id FROM t WHERE id = 99 UNION ALL SELECT {} FROM r) SELECT COUNT(*) FROM r",
]


@pytest.mark.parametrize("sql", RECURSIONS)
def test_a_recursive_cte_calls_step_by_step(rows: Client, sql: str) -> None:
    assert rows.run(sql.format("twice(n)")) == rows.run(sql.format("2 * n"))


def test_a_recursive_cte_sends_each_step_once(rows: Client) -> None:
    rows.run(RECURSIONS[0].format("twice(n)"))
    assert rows.sent == [[[2**n]] for n in range(9)]


def test_a_recursion_without_all_is_refused(rows: Client) -> None:
    with pytest.raises(SqlError, match="does not have the form non-recursive-term UNION ALL recursive-term"):
        rows.run("WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT twice(n) FROM r WHERE n < 9) SELECT * FROM r")


def test_each_list_of_arguments_is_sent_once(rows: Client) -> None:
    rows.run("INSERT INTO t SELECT id, v FROM t")
    rows.run("SELECT a.id, n FROM t a LEFT JOIN u ON twice(a.id) = n")
    assert [sorted(batch) for batch in rows.sent] == [[[1], [2], [3]]]
