"""Statements' lives, bounds and retention, with a clock and a queue that the test moves."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from builder.local.data_api import run as data_api_run
from builder.local.data_api import store as data_api_store
from builder.local.data_api.access import Door
from builder.local.data_api.model import ApiError
from builder.local.data_api.operations import DataApi
from builder.local.data_api.results import Kept
from builder.local.data_api.run import Runner
from builder.local.wire.login import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.local.client import Client

AT = {"ClusterIdentifier": "local", "Database": "dev"}
HOUR = 3600.0
SECRETS = {
    "good": {"username": "awsuser", "password": "right"},
    "wrong": {"username": "awsuser", "password": "no"},
    "empty": {"username": "awsuser"},
    "elsewhere": {"username": "awsuser", "password": "right", "dbClusterIdentifier": "other"},
}


class Desk:
    """The API over a session in this process. Work waits in `queue` until `work` does it."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.now = 1_000_000.0
        self.queue: list[Callable[[], None]] = []
        self.client = client
        ids = (f"00000000-0000-0000-0000-{number:012d}" for number in itertools.count(1))
        credentials = Credentials(user="awsuser", password="right")
        door = Door(engine=self.client.engine, credentials=credentials, secret=lambda name: json.dumps(SECRETS[name]))
        ticks = itertools.count(0, 1000)
        self.api = DataApi(
            door=door,
            runner=Runner(folder=folder, timer=lambda: next(ticks)),
            start=self.queue.append,
            clock=lambda: self.now,
            key=lambda: next(ids),
        )

    def work(self) -> None:
        while self.queue:
            self.queue.pop(0)()

    def execute(self, sql: str, **more: Any) -> dict[str, Any]:
        return self.api.call("ExecuteStatement", {"Sql": sql, **AT, **more})

    def run(self, sql: str, **more: Any) -> dict[str, Any]:
        key = self.execute(sql, **more)["Id"]
        self.work()
        return self.api.call("DescribeStatement", {"Id": key})

    def status(self, key: str) -> str:
        return str(self.api.call("DescribeStatement", {"Id": key})["Status"])

    def refused(self, operation: str, given: dict[str, Any]) -> tuple[str, str]:
        with pytest.raises(ApiError) as caught:
            self.api.call(operation, given)
        return caught.value.code, caught.value.message


@pytest.fixture
def desk(client: Client, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(client, tmp_path)
    yield made
    made.api.close()


def test_a_statement_is_submitted_until_its_turn_comes(desk: Desk) -> None:
    answer = desk.execute("SELECT 1")

    assert answer["Status"] == "SUBMITTED"
    described = desk.api.call("DescribeStatement", {"Id": answer["Id"]})
    assert (described["ResultRows"], described["HasResultSet"]) == (-1, False)
    assert desk.refused("GetStatementResult", {"Id": answer["Id"]})[0] == "ResourceNotFoundException"
    desk.work()
    assert desk.status(answer["Id"]) == "FINISHED"


def test_a_statement_that_is_cancelled_before_its_turn_never_runs(desk: Desk) -> None:
    desk.run("CREATE TABLE t (n int)")
    key = desk.execute("INSERT INTO t VALUES (1)")["Id"]

    assert desk.api.call("CancelStatement", {"Id": key}) == {"Status": True}
    assert desk.status(key) == "ABORTED"
    desk.work()
    assert desk.status(key) == "ABORTED"
    assert desk.client.run("SELECT count(*) FROM t") == [("0",)]


def test_a_batch_that_is_cancelled_before_its_turn_aborts_each_of_its_statements(desk: Desk) -> None:
    key = desk.api.call("BatchExecuteStatement", {"Sqls": ["SELECT 1", "SELECT 2"], **AT})["Id"]

    code, _ = desk.refused("CancelStatement", {"Id": f"{key}:1"})
    assert code == "ValidationException"
    desk.api.call("CancelStatement", {"Id": key})
    parts = desk.api.call("DescribeStatement", {"Id": key})["SubStatements"]
    assert [part["Status"] for part in parts] == ["ABORTED", "ABORTED"]


def test_five_hundred_statements_may_be_active(desk: Desk) -> None:
    for _ in range(500):
        desk.execute("SELECT 1")

    given = {"Sql": "SELECT 1", **AT, "SessionKeepAliveSeconds": 60}
    assert desk.refused("ExecuteStatement", given)[0] == "ActiveStatementsExceededException"
    # The refused call has left no session behind.
    assert desk.api.call("ListSessions", {})["Sessions"] == []


def test_results_are_there_for_a_day(desk: Desk) -> None:
    key = desk.run("SELECT 1")["Id"]

    desk.now += 24 * HOUR - 1
    assert desk.api.call("GetStatementResult", {"Id": key})["TotalNumRows"] == 1
    desk.now += 1
    assert desk.refused("DescribeStatement", {"Id": key}) == ("ResourceNotFoundException", "Query does not exist.")


def test_the_oldest_results_go_when_the_disk_is_full(desk: Desk) -> None:
    desk.api.store.total = 2500
    keys = [desk.run("SELECT repeat('x', 1000)")["Id"] for _ in range(3)]

    assert desk.refused("GetStatementResult", {"Id": keys[0]})[0] == "ResourceNotFoundException"
    assert desk.api.call("DescribeStatement", {"Id": keys[0]})["HasResultSet"] is True
    for key in keys[1:]:
        assert desk.api.call("GetStatementResult", {"Id": key})["TotalNumRows"] == 1


def test_a_client_token_is_known_for_eight_hours(desk: Desk) -> None:
    first = desk.execute("SELECT 1", ClientToken="t")["Id"]
    desk.work()

    desk.now += 8 * HOUR - 1
    assert desk.execute("SELECT 1", ClientToken="t")["Id"] == first
    desk.now += 1
    assert desk.execute("SELECT 1", ClientToken="t")["Id"] != first
    assert data_api_store.TOKEN_RETENTION == 8 * HOUR


def test_a_session_ends_when_its_time_is_over(desk: Desk) -> None:
    session = desk.run("CREATE TEMP TABLE t (n int)", SessionKeepAliveSeconds=60)["SessionId"]

    desk.now += 59
    answer = desk.api.call("ExecuteStatement", {"Sql": "SELECT * FROM t", "SessionId": session})
    busy = desk.refused("ExecuteStatement", {"Sql": "SELECT 1", "SessionId": session})
    assert busy[1].startswith("Session is not available.")
    desk.work()
    assert desk.status(answer["Id"]) == "FINISHED"
    desk.now += 60
    last = desk.refused("ExecuteStatement", {"Sql": "SELECT 1", "SessionId": session})
    assert last == ("ValidationException", "Session is not available.")
    (closed,) = desk.api.call("ListSessions", {"Status": "CLOSED"})["Sessions"]
    assert closed["SessionId"] == session


def test_a_transaction_goes_on_from_statement_to_statement_of_a_session(desk: Desk) -> None:
    desk.run("CREATE TABLE t (n int)")
    session = desk.run("BEGIN", SessionKeepAliveSeconds=60)["SessionId"]
    for sql in ("INSERT INTO t VALUES (1)", "ROLLBACK"):
        desk.api.call("ExecuteStatement", {"Sql": sql, "SessionId": session})
        desk.work()

    assert desk.client.run("SELECT count(*) FROM t") == [("0",)]


def test_a_statement_that_leaves_its_transaction_open_is_rolled_back(desk: Desk) -> None:
    desk.run("CREATE TABLE t (n int)")
    sqls = ["COMMIT", "BEGIN", "INSERT INTO t VALUES (1)"]
    key = desk.api.call("BatchExecuteStatement", {"Sqls": sqls, "ExecutionMode": "AUTO_COMMIT", **AT})["Id"]
    desk.work()

    assert desk.status(key) == "FINISHED"
    assert desk.client.run("SELECT count(*) FROM t") == [("0",)]


def test_one_statement_a_call(desk: Desk) -> None:
    described = desk.run("SELECT 1; SELECT 2")

    assert described["Status"] == "FAILED"
    assert described["Error"] == "ERROR: cannot insert multiple commands into a prepared statement"


def test_counts_of_changed_rows(desk: Desk) -> None:
    counts = [
        desk.run(sql)["ResultRows"]
        for sql in (
            "CREATE TABLE t (n int)",
            "INSERT INTO t VALUES (1), (2), (3)",
            "UPDATE t SET n = 9 WHERE n > 1",
            "DELETE FROM t WHERE n = 1",
        )
    ]
    assert counts == [0, 3, 2, 1]


def test_a_failed_batch_names_the_statement(desk: Desk) -> None:
    key = desk.api.call("BatchExecuteStatement", {"Sqls": ["SELECT 1", "SELECT * FROM missing"], **AT})["Id"]
    desk.work()

    described = desk.api.call("DescribeStatement", {"Id": key})
    assert described["Error"] == 'Query #2 failed with ERROR: relation "missing" does not exist'


def test_parameters_of_a_batch_are_shared_and_each_must_be_used(desk: Desk) -> None:
    """API reference, BatchExecuteStatement, Parameters."""
    parameters = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    given = {"Sqls": ["SELECT :a::int", "SELECT :b::int + :a::int"], "Parameters": parameters, **AT}
    key = desk.api.call("BatchExecuteStatement", given)["Id"]
    desk.work()

    assert desk.api.call("GetStatementResult", {"Id": f"{key}:2"})["Records"] == [[{"longValue": 3}]]
    code, message = desk.refused("BatchExecuteStatement", {**given, "Sqls": ["SELECT :b"]})
    assert (code, message.endswith("Unused parameters: [a]")) == ("ValidationException", True)


@pytest.mark.parametrize("value", ["'; DROP TABLE t; --", "\\'; DROP TABLE t; --", "$1", ":a", "NULL", "$$", "é\u2028"])
def test_a_parameters_value_is_a_text_whatever_it_holds(desk: Desk, value: str) -> None:
    key = desk.run("SELECT :a::varchar(100)", Parameters=[{"name": "a", "value": value}])["Id"]

    assert desk.api.call("GetStatementResult", {"Id": key})["Records"] == [[{"stringValue": value}]]


def test_a_secret_opens_the_database(desk: Desk) -> None:
    assert desk.run("SELECT 1", SecretArn="good")["Status"] == "FINISHED"
    described = desk.run("SELECT 1", SecretArn="wrong")
    assert described["Error"] == 'FATAL: password authentication failed for user "awsuser"'
    given = {"Sql": "SELECT 1", **AT}
    empty = desk.refused("ExecuteStatement", {**given, "SecretArn": "empty"})
    assert empty == ("ValidationException", "username and password in secret cannot be empty")
    assert desk.refused("ExecuteStatement", {**given, "SecretArn": "elsewhere"})[0] == "ValidationException"


def test_a_result_beyond_the_limit_fails_its_statement(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Small(Kept):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given, limit=100)

    monkeypatch.setattr(data_api_run, "Kept", Small)
    described = desk.run("SELECT repeat('x', 1000) FROM generate_series(1, 5000)")

    assert described["Error"] == "ERROR: Database response exceeded size limit"
    assert described["HasResultSet"] is False


def test_the_oldest_statements_are_forgotten_beyond_a_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_api_store, "STATEMENTS", 3)
    waiting = desk.execute("SELECT 0")["Id"]
    queued = desk.queue.pop()
    keys = [desk.run("SELECT 1")["Id"] for _ in range(5)]

    listed = desk.api.call("ListStatements", {"Status": "ALL"})["Statements"]
    # What has not run yet is never forgotten.
    assert [each["Id"] for each in listed] == [keys[4], keys[3], waiting]
    queued()
    assert desk.status(waiting) == "FINISHED"


def test_a_token_of_another_list_is_refused(desk: Desk) -> None:
    for _ in range(2):
        desk.run("SELECT 1")
    token = desk.api.call("ListStatements", {"MaxResults": 1})["NextToken"]

    for wrong in (token, "x", "AAAA"):
        assert desk.refused("ListTables", {**AT, "NextToken": wrong}) == ("ValidationException", "Invalid NextToken.")
