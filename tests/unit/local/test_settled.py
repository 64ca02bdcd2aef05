"""Statements that are prepared once and run later: what has changed meanwhile counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlglot import exp

from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError
from tests.unit.local.client import data_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.local.engine.backend import Session
    from builder.local.engine.engine import Engine
    from builder.local.engine.prepare import Prepared
    from tests.unit.local.client import Client

NUMBER = "CREATE OR REPLACE FUNCTION f_number() RETURNS INT STABLE AS $$ SELECT {} $$ LANGUAGE sql"
VIEW = "CREATE OR REPLACE VIEW v AS SELECT {} AS n"


@pytest.fixture
def other(engine: Engine) -> Iterator[Session]:
    made = engine.session("awsuser")
    yield made
    made.close()


def ran(session: Session, sql: str) -> list[tuple[str | None, ...]]:
    found: list[tuple[str | None, ...]] = []
    for source in split(sql):
        found = again(session, session.prepare(source))
    return found


def again(session: Session, prepared: Prepared) -> list[tuple[str | None, ...]]:
    result = session.execute(prepared, (), (0,) * len(prepared.columns or ()))
    return data_rows(b"".join(data for data, _ in result.chunks or ()))


def prepared(session: Session, sql: str) -> Prepared:
    return session.prepare(split(sql)[0])


@pytest.mark.parametrize(
    ("before", "query", "change", "after"),
    [
        (NUMBER.format(1), "SELECT f_number()", NUMBER.format(2), "2"),
        (VIEW.format(1), "SELECT n FROM v", VIEW.format(2), "2"),
        (VIEW.format(1), "SELECT n FROM v", "BEGIN; " + VIEW.format(2) + "; COMMIT", "2"),
        (VIEW.format(1), "SELECT n FROM v", "BEGIN; " + VIEW.format(2) + "; ROLLBACK", "1"),
        ("CREATE TABLE t AS SELECT 1 AS n", "SELECT n FROM t", "UPDATE t SET n = 2", "2"),
    ],
)
def test_what_another_session_changes_is_seen(
    client: Client, other: Session, before: str, query: str, change: str, after: str
) -> None:
    client.run(before)
    known = prepared(client.session, query)
    assert again(client.session, known) == [("1",)]
    assert again(client.session, known) == [("1",)]
    ran(other, change)
    assert again(client.session, known) == [(after,)]


def test_a_change_that_is_not_committed_is_not_seen(client: Client, other: Session) -> None:
    client.run(VIEW.format(1))
    known = prepared(client.session, "SELECT n FROM v")
    ran(other, "BEGIN; " + VIEW.format(2))
    assert again(client.session, known) == [("1",)]
    ran(other, "COMMIT")
    assert again(client.session, known) == [("2",)]


def test_what_a_transaction_that_is_rolled_back_has_settled_is_forgotten(client: Client) -> None:
    client.run(VIEW.format(1))
    client.run("BEGIN; " + VIEW.format(2))
    known = prepared(client.session, "SELECT n FROM v")
    assert again(client.session, known) == [("2",)]
    client.run("ROLLBACK")
    assert again(client.session, known) == [("1",)]


def test_the_search_path_decides_when_the_statement_runs(client: Client) -> None:
    client.run("CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t AS SELECT 1 AS n; CREATE TABLE b.t AS SELECT 2 AS n")
    client.run("SET search_path TO a")
    known = prepared(client.session, "SELECT n, current_schema() FROM t")
    assert again(client.session, known) == [("1", "a")]
    client.run("SET search_path TO b")
    assert again(client.session, known) == [("2", "b")]


def test_an_external_function_is_the_one_of_the_moment(client: Client) -> None:
    client.external("twice", "n BIGINT", "BIGINT")
    known = prepared(client.session, "SELECT twice(n) FROM (SELECT 21::BIGINT AS n UNION ALL SELECT 1) AS t ORDER BY 1")
    assert [again(client.session, known) for _ in range(2)] == [[("2",), ("42",)]] * 2
    client.run(
        "CREATE OR REPLACE EXTERNAL FUNCTION twice(n BIGINT) RETURNS BIGINT STABLE LAMBDA 'same' "
        "IAM_ROLE 'arn:aws:iam::123456789012:role/invoke'"
    )
    assert again(client.session, known) == [("1",), ("21",)]


def test_a_revoke_bites_a_statement_that_was_prepared(client: Client, engine: Engine) -> None:
    client.run("CREATE USER reader PASSWORD 'Abcdefg1'; CREATE TABLE t AS SELECT 1 AS n; GRANT SELECT ON t TO reader")
    reader = engine.session("reader")
    known = prepared(reader, "SELECT n FROM t")
    assert again(reader, known) == [("1",)]
    client.run("REVOKE SELECT ON t FROM reader")
    with pytest.raises(SqlError, match="permission denied for relation t"):
        again(reader, known)
    reader.close()


def test_the_endpoint_s_own_counts_are_read_anew(client: Client) -> None:
    client.external("same", "n BIGINT", "BIGINT")
    known = prepared(client.session, "SELECT COUNT(*) FROM sys_ludf_detail")
    assert again(client.session, known) == [("0",)]
    client.run("SELECT same(1)")
    assert again(client.session, known) == [("1",)]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE t ADD COLUMN z INT DEFAULT 7",
        "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t RENAME COLUMN b TO bb",
        "DROP TABLE t; CREATE TABLE t(b VARCHAR, a INT)",
        "DROP TABLE t; CREATE TABLE t(a FLOAT8, b VARCHAR)",
    ],
)
@pytest.mark.parametrize(("query", "values"), [("SELECT * FROM t", []), ("SELECT * FROM t WHERE a = $1", [1])])
def test_a_client_gets_the_columns_that_it_was_told_or_an_error(
    client: Client, other: Session, query: str, values: list[int], change: str
) -> None:
    client.run("CREATE TABLE t(a INT, b VARCHAR); INSERT INTO t VALUES (1, 'x')")
    known = prepared(client.session, query)
    given = [exp.Literal.number(value) for value in values]

    def run() -> list[tuple[str | None, ...]]:
        result = client.session.execute(known, given, (0, 0))
        return data_rows(b"".join(data for data, _ in result.chunks or ()))

    assert run() == [("1", "x")]
    ran(other, change)
    with pytest.raises(SqlError, match="cached plan must not change result type") as caught:
        run()
    # PostgreSQL's code and words, by which drivers know to prepare anew.
    assert caught.value.code == "0A000"


def test_another_s_schema_shows_after_the_transaction_in_which_it_was_made(client: Client, other: Session) -> None:
    client.run("CREATE TABLE public.w AS SELECT 1 AS a; SET search_path TO sx, public; BEGIN; SELECT a FROM w")
    ran(other, "CREATE SCHEMA sx; CREATE TABLE sx.w AS SELECT 2 AS a")
    assert client.run("SELECT a FROM w") == [("1",)]
    client.run("COMMIT")
    assert client.run("SELECT a, current_schema() FROM w") == [("2", "sx")]


def test_another_s_schema_is_gone_after_the_transaction_in_which_it_was_dropped(client: Client, other: Session) -> None:
    client.run("CREATE SCHEMA sx; SET search_path TO sx, public; BEGIN; SELECT current_schema()")
    ran(other, "DROP SCHEMA sx")
    client.run("SELECT current_schema(); COMMIT")
    client.run("CREATE TABLE newt(a INT)")
    assert client.run("SELECT current_schema()") == [("public",)]


def test_pg_settings_has_the_search_path_of_the_session(client: Client) -> None:
    client.run("SET search_path TO a1, public")
    assert client.run("SELECT setting FROM pg_settings WHERE name = 'search_path'") == [("a1, public",)]
