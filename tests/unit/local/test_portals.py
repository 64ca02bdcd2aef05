"""What a session keeps between messages: portals with a row limit, cursors, prepared statements, locks.

Sources: PostgreSQL, "Message Flow" (portals) and "Error Codes"; Redshift, "DECLARE", "FETCH", "PREPARE", "LOCK".
"""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING

import pytest

from builder.local.sqlstate import SqlError
from tests.unit.local.test_protocol import DESCRIBE, SYNC, Talk, bind, message, parse, query, text

if TYPE_CHECKING:
    from tests.unit.local.client import Client

NUMBERS = "SELECT n FROM generate_series(1, 5) AS g(n) ORDER BY 1"
OPEN = f"BEGIN; DECLARE c CURSOR FOR {NUMBERS}"


def execute(limit: int, portal: str = "") -> bytes:
    return message(b"E", text(portal) + struct.pack("!i", limit))


def refused(client: Client, sql: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        client.run(sql)
    return caught.value


def test_a_portal_is_suspended_at_its_limit_and_goes_on_where_it_stopped(client: Client) -> None:
    talk = Talk(client.engine, parse(NUMBERS), bind(), DESCRIBE, execute(2), execute(2), execute(2), SYNC)
    assert talk.kinds == "12tTDDsDDsDCZ"
    assert [row for (row,) in talk.rows] == ["1", "2", "3", "4", "5"]
    # The tag counts the rows of its own Execute.
    assert talk.bodies(b"C") == [text("SELECT 1")]


def test_a_limit_that_is_the_number_of_rows_suspends_too(client: Client) -> None:
    talk = Talk(client.engine, parse(NUMBERS), bind(), execute(5), execute(5), SYNC)
    assert talk.kinds == "12DDDDDsCZ"
    assert talk.bodies(b"C") == [text("SELECT 0")]


def test_a_suspended_portal_lets_other_statements_through(client: Client) -> None:
    first = parse(NUMBERS, name="n") + message(b"B", text("p") + text("n") + struct.pack("!hhh", 0, 0, 0))
    other = parse("SELECT 42") + bind() + execute(0)
    talk = Talk(client.engine, query("BEGIN"), first, execute(2, "p"), other, execute(0, "p"), SYNC)
    assert [row for (row,) in talk.rows] == ["1", "2", "42", "3", "4", "5"]


def test_the_end_of_the_transaction_closes_a_portal(client: Client) -> None:
    first = parse(NUMBERS, name="n") + message(b"B", text("p") + text("n") + struct.pack("!hhh", 0, 0, 0))
    talk = Talk(client.engine, first, execute(2, "p"), SYNC, execute(2, "p"), SYNC)
    assert talk.error["C"] == "34000"


def test_fetch_walks_a_cursor_to_its_end(client: Client) -> None:
    client.run(OPEN)
    assert client.run("FETCH NEXT FROM c") == [("1",)]
    assert client.run("FETCH FORWARD 2 FROM c") == [("2",), ("3",)]
    # FORWARD 0 fetches the current row again.
    assert client.run("FETCH FORWARD 0 FROM c") == [("3",)]
    assert client.run("FETCH ALL FROM c") == [("4",), ("5",)]
    assert client.run("FETCH FORWARD FROM c") == []
    client.run("CLOSE c")
    assert refused(client, "FETCH NEXT FROM c").code == "34000"
    client.run("ROLLBACK")


def test_a_cursor_needs_a_transaction_ends_with_it_and_is_one_at_a_time(client: Client) -> None:
    assert refused(client, f"DECLARE c CURSOR FOR {NUMBERS}").code == "25P01"
    client.run(OPEN)
    client.run("COMMIT; BEGIN")
    assert refused(client, "FETCH NEXT FROM c").code == "34000"
    client.run("ROLLBACK")
    client.run(OPEN)
    assert refused(client, f"DECLARE d CURSOR FOR {NUMBERS}").code == "0A000"
    client.run("ROLLBACK")


def test_a_cursor_shows_what_was_there_when_it_was_declared(client: Client) -> None:
    client.run("CREATE TABLE public.t (a INT); INSERT INTO public.t VALUES (1)")
    client.run("BEGIN; DECLARE c CURSOR FOR SELECT a FROM public.t; INSERT INTO public.t VALUES (2)")
    assert client.run("FETCH ALL FROM c") == [("1",)]
    client.run("ROLLBACK")


def test_prepare_execute_and_deallocate(client: Client) -> None:
    client.run("PREPARE twice (INT, VARCHAR) AS SELECT $1 * 2, $2")
    assert client.run("EXECUTE twice (4, 'x')") == [("8", "x")]
    assert client.run("EXECUTE twice (1 + 1, NULL)") == [("4", None)]
    assert client.run("EXECUTE twice (' 5', 6)") == [("10", "6")]
    assert refused(client, "PREPARE twice AS SELECT 1").code == "42P05"
    assert refused(client, "EXECUTE twice (1)").code == "42601"
    client.run("DEALLOCATE twice")
    assert refused(client, "EXECUTE twice (4, 'x')").code == "26000"
    client.run("PREPARE a AS SELECT 1; PREPARE b AS SELECT 2; DEALLOCATE PREPARE a; DEALLOCATE ALL")
    assert refused(client, "EXECUTE b").code == "26000"


def test_lock_lasts_as_long_as_its_transaction(client: Client) -> None:
    client.run("CREATE TABLE public.t (a INT)")
    impatient = threading.Event()
    impatient.set()
    client.run("BEGIN; LOCK TABLE public.t")
    with pytest.raises(SqlError) as caught:
        client.engine.locks.take(1, ["public.t"], impatient)
    assert caught.value.code == "57014"
    client.run("COMMIT")
    client.engine.locks.take(1, ["public.t"], impatient)
    client.engine.locks.release(1)
    assert refused(client, "BEGIN; LOCK public.missing").code == "42P01"
    client.run("ROLLBACK")


@pytest.mark.parametrize("sql", ["SAVEPOINT a", "RELEASE SAVEPOINT a", "ROLLBACK TO SAVEPOINT a"])
def test_savepoints_are_refused_in_redshift_s_words(client: Client, sql: str) -> None:
    error = refused(client, f"BEGIN; {sql}")
    assert (error.code, str(error)) == ("0A000", f'SQL command "{sql}" not supported.')
    client.run("ROLLBACK")
