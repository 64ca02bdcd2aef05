"""What a session sends, read on the server's side of the wire."""

from __future__ import annotations

import pytest

from builder.adapters.connector import ConnectorSession, connect
from builder.core.config.settings import Connection, Secret
from builder.errors import WarehouseError
from builder.model import Statement
from tests.integration.scripted_server import Script, serving


def session(script: Script) -> ConnectorSession:
    place = Connection(host="127.0.0.1", port=script.port, user="alice", password=Secret("hunter2"), ssl=False)
    return connect(place, seconds=5)


def statements(*texts: str) -> list[Statement]:
    return [Statement(subject=f"s{n}", text=text) for n, text in enumerate(texts, 1)]


def test_all_statements_of_a_run_are_one_transaction() -> None:
    with serving(Script()) as script, session(script) as warehouse:
        warehouse.run(statements("CREATE a", "CREATE b % c"))

    assert script.sent == ["begin transaction", "CREATE a", "CREATE b % c", "commit"]


def test_a_statement_that_fails_takes_the_others_back_and_stops_the_run() -> None:
    with serving(Script()) as script, session(script) as warehouse:
        with pytest.raises(WarehouseError) as caught:
            warehouse.run(statements("CREATE a", "CREATE fail", "CREATE c"))
        warehouse.run(statements("CREATE d"))

    assert script.sent == [
        *["begin transaction", "CREATE a", "CREATE fail", "rollback"],
        *["begin transaction", "CREATE d", "commit"],
    ]
    (problem,) = caught.value.problems
    assert problem.where == "s2"
    assert problem.what.startswith("refused [42601] (statement 2 of 3, none of this SQL has happened)\n    CREATE fail")


def test_an_empty_run_says_nothing() -> None:
    with serving(Script()) as script, session(script) as warehouse:
        warehouse.run([])

    assert script.sent == []


def test_a_query_is_committed_by_itself_and_gives_columns_and_rows() -> None:
    with serving(Script(rows={"SELECT a": ["1", "ø"]})) as script, session(script) as warehouse:
        answer = warehouse.query("SELECT a")
        nothing = warehouse.query("CREATE TABLE b % 'it''s'")

    assert (answer.columns, answer.rows) == (("value",), (("1",), ("ø",)))
    assert (nothing.columns, nothing.rows) == ((), ())
    assert script.sent == ["SELECT a", "CREATE TABLE b % 'it''s'"]


def test_a_query_after_a_failed_one_still_works() -> None:
    with serving(Script(rows={"SELECT a": ["1"]})) as script, session(script) as warehouse:
        with pytest.raises(WarehouseError, match="refused"):
            warehouse.query("SELECT fail")
        assert warehouse.query("SELECT a").rows == (("1",),)


def test_a_transaction_of_the_callers_own_is_left_when_it_fails() -> None:
    with serving(Script()) as script, session(script) as warehouse:
        warehouse.query("BEGIN")
        with pytest.raises(WarehouseError):
            warehouse.query("INSERT fail")

    assert script.sent == ["BEGIN", "INSERT fail", "rollback"]


def test_a_session_that_is_lost_says_so_and_closes_quietly() -> None:
    with serving(Script(hang_up_on="CREATE b")) as script, session(script) as warehouse:
        with pytest.raises(WarehouseError, match=r"the session was lost: .*statement 2 of 2, none of this SQL"):
            warehouse.run(statements("CREATE a", "CREATE b"))
        warehouse.close()


def test_a_commit_that_is_never_answered_promises_nothing() -> None:
    with (
        serving(Script(hang_up_on="commit")) as script,
        session(script) as warehouse,
        pytest.raises(WarehouseError, match="may or may not have happened"),
    ):
        warehouse.run(statements("CREATE a"))
