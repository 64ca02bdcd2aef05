"""A module's transaction that loses against another one is begun again, whole, and only where nothing has happened.

PostgreSQL, "Serialization Failure Handling": SQLSTATE 40001 and 40P01; the complete transaction is tried again.
Redshift, "Serializable isolation": error 1023.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from redshift_connector.error import ProgrammingError

from builder.adapters.connector import ConnectorSession
from builder.adapters.data_api import DataApiSession
from builder.adapters.patience import Patience
from builder.errors import WarehouseError
from builder.model import Statement
from tests.unit.deploy.test_data_api import AT, ID, PLACE, SESSION, Clock, aws, described, stub, submitted

if TYPE_CHECKING:
    from botocore.stub import Stubber

    from builder.adapters.aws import Aws

__all__ = ["aws", "stub"]

WANTED = [Statement(subject="one", text="CREATE one"), Statement(subject="two", text="CREATE two")]
ONCE = ["CREATE one", "CREATE two", "COMMIT"]
VIOLATION = "ERROR: 1023\n  Detail: Serializable isolation violation on table - 142443, transactions forming the cycle"


class Driver:
    """A connection that refuses `text` as often as `failures` has errors. `said` is what was sent to it."""

    def __init__(self, text: str, *failures: Exception) -> None:
        self.text = text
        self.failures = list(failures)
        self.said: list[str] = []
        self.autocommit = True

    def cursor(self) -> Driver:
        return self

    def execute(self, text: str) -> None:
        self.said.append(text)
        if text == self.text and self.failures:
            raise self.failures.pop(0)

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        self.said.append("ROLLBACK")


def server(code: str) -> Exception:
    return ProgrammingError({"S": "ERROR", "C": code, "M": "could not"})


def session(driver: Driver, clock: Clock) -> ConnectorSession:
    patience = Patience(deadline=60.0, sleep=clock.sleep, clock=lambda: clock.now)
    return ConnectorSession(driver, database="gis", patience=patience)  # type: ignore[arg-type]  # what it uses of one


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_transaction_that_lost_is_begun_again_with_growing_pauses(code: str) -> None:
    driver, clock = Driver("CREATE two", server(code), server(code)), Clock()

    session(driver, clock).run(WANTED)

    assert driver.said == ["CREATE one", "CREATE two", "ROLLBACK"] * 2 + ONCE
    assert clock.now == 1.0 + 2.0
    assert driver.autocommit


def test_a_commit_that_lost_is_tried_again() -> None:
    driver = Driver("COMMIT", server("40001"))
    session(driver, Clock()).run(WANTED)
    assert driver.said == ONCE + ONCE


@pytest.mark.parametrize(
    ("text", "failure", "words"),
    [
        ("CREATE one", server("42501"), "none of this SQL has happened"),
        ("CREATE one", ConnectionResetError("reset"), "the session was lost"),
        ("COMMIT", ConnectionResetError("reset"), "may or may not have happened"),
    ],
)
def test_nothing_else_is_tried_again(text: str, failure: Exception, words: str) -> None:
    driver = Driver(text, failure)
    with pytest.raises(WarehouseError, match=words):
        session(driver, Clock()).run(WANTED)
    assert driver.said.count("CREATE one") == 1


def test_it_is_given_up_after_a_minute() -> None:
    driver, clock = Driver("CREATE one", *[server("40001")] * 100), Clock()
    with pytest.raises(WarehouseError, match="could not"):
        session(driver, clock).run(WANTED)
    # Pauses of 1, 2, 4, 8 and four times 10 seconds; a fifth would end after the sixtieth.
    assert clock.now == 15 + 4 * 10
    assert driver.said.count("CREATE one") == 4 + 4 + 1


def batch(stub: Stubber, token: int, **ended: Any) -> None:
    asked = {"Sqls": [each.text for each in WANTED], "ClientToken": f"token-{token}", **AT}
    stub.add_response("batch_execute_statement", {"Id": ID}, asked)
    stub.add_response("describe_statement", described(**ended))


@pytest.mark.parametrize("blamed", [True, False])
def test_a_batch_of_the_data_api_that_lost_is_sent_again(aws: Aws, stub: Stubber, blamed: bool) -> None:  # noqa: FBT001 - a parameter
    """The Data API gives no SQLSTATE: Redshift's error 1023 stands where other errors have their words."""
    parts = [{"Id": f"{ID}:1", "Status": "FAILED", "Error": VIOLATION}] if blamed else []
    said = f"Query #1 failed with {VIOLATION}" if blamed else VIOLATION
    batch(stub, 1, status="FAILED", Error=said, SubStatements=parts)
    batch(stub, 2, status="FINISHED")
    DataApiSession(aws, PLACE, Clock().watch()).run(WANTED)


def test_a_transaction_of_a_session_of_the_data_api_that_lost_is_begun_again(aws: Aws, stub: Stubber) -> None:
    wanted = [Statement(subject=f"s{n}", text=f"CREATE f{n}") for n in range(41)]
    conflict = "ERROR: could not complete because of conflict with concurrent transaction"
    submitted(stub, "BEGIN", AT, "token-1")
    submitted(stub, "CREATE f0", {"SessionId": SESSION}, "token-2", Status="FAILED", Error=conflict)
    submitted(stub, "ROLLBACK", {"SessionId": SESSION}, "token-3")
    submitted(stub, "BEGIN", AT, "token-4")
    for n in range(41):
        submitted(stub, f"CREATE f{n}", {"SessionId": SESSION}, f"token-{n + 5}")
    submitted(stub, "COMMIT", {"SessionId": SESSION, "SessionKeepAliveSeconds": 0}, "token-46")
    DataApiSession(aws, PLACE, Clock().watch()).run(wanted)
