"""Cursors, COPY, locks and the limit of connections as psycopg and redshift-connector meet them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
import redshift_connector

from tests.integration.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = "SELECT n, 'row ' || n FROM generate_series(1, 5000) AS g(n) ORDER BY 1"


@pytest.fixture
def session(redshift: Endpoint) -> Iterator[psycopg.Connection]:
    with psycopg.connect(redshift.conninfo) as connection:
        yield connection
        connection.rollback()


def test_a_server_cursor_of_psycopg(session: psycopg.Connection) -> None:
    with session.cursor(name="big") as cursor:
        cursor.itersize = 1000
        cursor.execute(ROWS)
        assert cursor.fetchone() == (1, "row 1")
        assert cursor.fetchmany(2) == [(2, "row 2"), (3, "row 3")]
        rest = list(cursor)
    assert [row[0] for row in rest] == list(range(4, 5001))
    assert session.execute("SELECT 1").fetchone() == (1,)


def test_declare_and_fetch_by_redshift_connector(redshift: Endpoint) -> None:
    with redshift.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"DECLARE c CURSOR FOR {ROWS}")
        cursor.execute("FETCH FORWARD 2 FROM c")
        assert cursor.fetchall() == ([1, "row 1"], [2, "row 2"])
        cursor.execute("FETCH 4998 FROM c")
        assert cursor.fetchall()[-1] == [5000, "row 5000"]
        cursor.execute("CLOSE c")
        connection.commit()


def test_copy_of_psycopg_there_and_back(session: psycopg.Connection) -> None:
    rows = [(1, "plain"), (2, None), (3, "tab\tline\nend\\ 'é'")]
    session.execute("CREATE TEMP TABLE copied (a INT, b VARCHAR(40))")
    with session.cursor() as cursor:
        with cursor.copy("COPY copied (a, b) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        assert cursor.rowcount == len(rows)
        assert cursor.execute("SELECT a, b FROM copied ORDER BY a").fetchall() == rows
        with cursor.copy("COPY (SELECT a, b FROM copied ORDER BY a) TO STDOUT") as copy:
            copy.set_types(["int4", "varchar"])
            assert list(copy.rows()) == rows


def give_up(cursor: psycopg.Cursor) -> None:
    """Psycopg tells the server by CopyFail."""
    with cursor.copy("COPY given_up FROM STDIN") as copy:
        copy.write_row((1,))
        raise psycopg.errors.QueryCanceled


def test_copy_that_the_client_gives_up_leaves_nothing(session: psycopg.Connection) -> None:
    session.execute("CREATE TEMP TABLE given_up (a INT)")
    session.commit()
    with pytest.raises(psycopg.errors.QueryCanceled), session.cursor() as cursor:
        give_up(cursor)
    session.rollback()
    assert session.execute("SELECT COUNT(*) FROM given_up").fetchone() == (0,)


def test_lock_keeps_another_session_waiting(redshift: Endpoint, session: psycopg.Connection) -> None:
    session.execute("CREATE TABLE locked (a INT)")
    session.commit()
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        with psycopg.connect(redshift.conninfo) as other:
            waiting.set()
            other.execute("LOCK locked")
            order.append("second")

    session.execute("LOCK TABLE locked")
    thread = threading.Thread(target=second)
    thread.start()
    waiting.wait()
    # The other one reads while it is locked.
    with psycopg.connect(redshift.conninfo) as reader:
        assert reader.execute("SELECT COUNT(*) FROM locked").fetchone() == (0,)
    order.append("first")
    session.commit()
    thread.join()
    assert order == ["first", "second"]
    session.execute("DROP TABLE locked")
    session.commit()


def test_beyond_the_limit_of_connections(tmp_path_factory: pytest.TempPathFactory) -> None:
    endpoint = Endpoint(tmp_path_factory.mktemp("small"), "--connections", "2")
    try:
        one, two = endpoint.connect(), endpoint.connect()
        with pytest.raises(redshift_connector.error.Error, match="53300"):
            endpoint.connect()
        with pytest.raises(psycopg.OperationalError, match='connection limit "2" exceeded'):
            psycopg.connect(endpoint.conninfo)
        one.close()
        two.close()
    finally:
        endpoint.stop()
