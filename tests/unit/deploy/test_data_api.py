"""The road by the Data API: requests are checked against AWS's own model by botocore's Stubber."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from builder.adapters.aws import Aws
from builder.adapters.data_api import DataApiSession, Watch
from builder.adapters.data_api_values import bound, value
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import DataApi, Secret, Settings
from builder.errors import AwsError, WarehouseError
from builder.model import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = DataApi(cluster_identifier="maps", user="deployer", database="gis")
AT = {"ClusterIdentifier": "maps", "DbUser": "deployer", "Database": "gis"}
ID = "00000000-0000-0000-0000-000000000001"
SESSION = "00000000-0000-0000-0000-00000000000a"


class Clock:
    """Only sleeping moves it. Tokens are counted."""

    def __init__(self) -> None:
        self.now = 0.0
        self.tokens = 0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def token(self) -> str:
        self.tokens += 1
        return f"token-{self.tokens}"

    def watch(self, deadline: float = 60.0) -> Watch:
        return Watch(deadline=deadline, sleep=self.sleep, clock=lambda: self.now, token=self.token)


@pytest.fixture(scope="module")
def aws() -> Aws:
    # Clients take their time to make; each test stubs them anew.
    keys = AwsSettings(region="eu-west-1", access_key_id="test", secret_access_key=Secret("test"))
    return Aws(Settings(aws=keys))


@pytest.fixture
def stub(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("redshift-data")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def statements(count: int, text: str = "CREATE f{n}") -> list[Statement]:
    return [Statement(subject=f"s{n}", text=text.format(n=n)) for n in range(1, count + 1)]


def described(status: str, **more: Any) -> dict[str, Any]:
    return {"Id": ID, "Status": status, **more}


def submitted(stub: Stubber, sql: str, request: dict[str, Any], token: str, **ended: Any) -> None:
    """One statement in a session, and what becomes of it."""
    asked = {"Sql": sql, "SessionKeepAliveSeconds": 60, "ClientToken": token, **request}
    stub.add_response("execute_statement", {"Id": ID, "SessionId": SESSION}, asked)
    stub.add_response("describe_statement", {**described("FINISHED", SessionId=SESSION), **ended}, {"Id": ID})


def test_forty_statements_are_one_batch_which_aws_makes_one_transaction_of(aws: Aws, stub: Stubber) -> None:
    clock, wanted = Clock(), statements(40)
    asked = {"Sqls": [each.text for each in wanted], "ClientToken": "token-1", **AT}
    stub.add_response("batch_execute_statement", {"Id": ID}, asked)
    for status in ("SUBMITTED", "PICKED", "STARTED", "FINISHED"):
        stub.add_response("describe_statement", described(status), {"Id": ID})

    DataApiSession(aws, PLACE, clock.watch()).run(wanted)

    assert clock.now == pytest.approx(0.05 + 0.075 + 0.1125)


def test_forty_one_statements_are_one_transaction_in_a_session(aws: Aws, stub: Stubber) -> None:
    submitted(stub, "BEGIN", AT, "token-1")
    for n in range(1, 42):
        submitted(stub, f"CREATE f{n}", {"SessionId": SESSION}, f"token-{n + 1}")
    submitted(stub, "COMMIT", {"SessionId": SESSION, "SessionKeepAliveSeconds": 0}, "token-43")

    DataApiSession(aws, PLACE, Clock().watch()).run(statements(41))


def test_texts_that_come_to_more_than_a_statement_may_hold_go_one_by_one(aws: Aws, stub: Stubber) -> None:
    texts = [Statement(subject="a", text="A" * 60_000), Statement(subject="b", text="B" * 60_000)]
    submitted(stub, "BEGIN", AT, "token-1")
    submitted(stub, texts[0].text, {"SessionId": SESSION}, "token-2")
    submitted(stub, texts[1].text, {"SessionId": SESSION}, "token-3")
    submitted(stub, "COMMIT", {"SessionId": SESSION, "SessionKeepAliveSeconds": 0}, "token-4")

    DataApiSession(aws, PLACE, Clock().watch()).run(texts)


def test_a_statement_of_a_batch_that_fails_is_named_with_its_text_its_position_and_the_servers_words(
    aws: Aws, stub: Stubber
) -> None:
    stub.add_response("batch_execute_statement", {"Id": ID})
    said = 'ERROR: syntax error at or near "f2"\n  Position: 8'
    parts = [
        {"Id": f"{ID}:1", "Status": "FINISHED"},
        {"Id": f"{ID}:2", "Status": "FAILED", "Error": said},
        {"Id": f"{ID}:3", "Status": "ABORTED", "Error": "Connection or an prior query failed."},
    ]
    failed = described("FAILED", Error=f"Query #2 failed with {said}", SubStatements=parts)
    stub.add_response("describe_statement", failed)

    with pytest.raises(WarehouseError) as caught:
        DataApiSession(aws, PLACE, Clock().watch()).run(statements(3))

    (problem,) = caught.value.problems
    assert problem.where == "s2"
    assert problem.what == (
        'syntax error at or near "f2" (statement 2 of 3, none of this SQL has happened)\n    CREATE f2\n           ^'
    )


def test_a_statement_of_a_session_that_fails_rolls_the_transaction_back(aws: Aws, stub: Stubber) -> None:
    submitted(stub, "BEGIN", AT, "token-1")
    submitted(stub, "CREATE f1", {"SessionId": SESSION}, "token-2")
    failed = {"Status": "FAILED", "Error": "ERROR: permission denied for language exfunc"}
    submitted(stub, "CREATE f2", {"SessionId": SESSION}, "token-3", **failed)
    submitted(stub, "ROLLBACK", {"SessionId": SESSION}, "token-4")

    with pytest.raises(WarehouseError, match=r"permission denied for language exfunc \(statement 2 of 41, none"):
        DataApiSession(aws, PLACE, Clock().watch()).run(statements(41))


def test_a_commit_whose_answer_is_lost_promises_nothing(aws: Aws, stub: Stubber) -> None:
    submitted(stub, "BEGIN", AT, "token-1")
    for n in range(1, 42):
        submitted(stub, f"CREATE f{n}", {"SessionId": SESSION}, f"token-{n + 1}")
    stub.add_client_error("execute_statement", "InternalServerException", "try later")

    with pytest.raises(WarehouseError, match="may or may not have happened"):
        DataApiSession(aws, PLACE, Clock().watch()).run(statements(41))


def test_aborted_is_an_end(aws: Aws, stub: Stubber) -> None:
    stub.add_response("batch_execute_statement", {"Id": ID})
    stub.add_response("describe_statement", described("ABORTED"))

    with pytest.raises(WarehouseError, match=r"it was cancelled.*none of this SQL has happened"):
        DataApiSession(aws, PLACE, Clock().watch()).run(statements(2))


def test_a_statement_that_does_not_end_is_cancelled_at_the_deadline(aws: Aws, stub: Stubber) -> None:
    clock = Clock()
    stub.add_response("batch_execute_statement", {"Id": ID})
    for _ in range(10):
        stub.add_response("describe_statement", described("STARTED", QueryString="CREATE f1"))
    stub.add_response("cancel_statement", {"Status": True}, {"Id": ID})

    with pytest.raises(WarehouseError, match=r"still STARTED after 5 s and has been cancelled"):
        DataApiSession(aws, PLACE, clock.watch(deadline=5.0)).run(statements(1))

    assert clock.now <= 5.0


def test_a_refused_submission_is_awss_error_and_says_what_to_do(aws: Aws, stub: Stubber) -> None:
    stub.add_client_error("batch_execute_statement", "ActiveStatementsExceededException", "quota (500)")

    with pytest.raises(AwsError) as caught:
        DataApiSession(aws, PLACE, Clock().watch()).run(statements(1))

    assert "wait" in caught.value.problems[0].hint


def test_statements_over_the_limit_are_all_named_and_nothing_is_sent(aws: Aws, stub: Stubber) -> None:
    del stub
    # 100 KB, counted in bytes: each of these characters takes two.
    texts = [Statement(subject="a", text="ø" * 51_200), *(Statement(subject=s, text="ø" * 51_201) for s in "bc")]

    with pytest.raises(WarehouseError) as caught:
        DataApiSession(aws, PLACE, Clock().watch()).run(texts)

    assert [problem.where for problem in caught.value.problems] == ["b", "c"]


def test_an_empty_run_says_nothing(aws: Aws, stub: Stubber) -> None:
    del stub
    DataApiSession(aws, PLACE, Clock().watch()).run([])


def test_a_result_is_fetched_page_by_page(aws: Aws, stub: Stubber) -> None:
    columns = [{"name": "n", "typeName": "int8"}, {"name": "d", "typeName": "date"}]
    submitted(stub, "SELECT n, d FROM t", AT, "token-1", HasResultSet=True)
    first = [[{"longValue": 1}, {"stringValue": "2026-11-21"}]]
    page = {"Records": first, "ColumnMetadata": columns, "NextToken": "more"}
    stub.add_response("get_statement_result", page, {"Id": ID})
    last = {"Records": [[{"longValue": 2}, {"isNull": True}]], "ColumnMetadata": columns}
    stub.add_response("get_statement_result", last, {"Id": ID, "NextToken": "more"})

    answer = DataApiSession(aws, PLACE, Clock().watch()).query("SELECT n, d FROM t")

    assert answer.columns == ("n", "d")
    assert answer.rows == ((1, date(2026, 11, 21)), (2, None))


def test_queries_share_a_session_until_it_has_ended_by_itself(aws: Aws, stub: Stubber) -> None:
    clock = Clock()
    submitted(stub, "SELECT 1", AT, "token-1")
    submitted(stub, "SELECT 2", {"SessionId": SESSION}, "token-2")
    submitted(stub, "SELECT 3", AT, "token-3")
    session = DataApiSession(aws, PLACE, clock.watch())

    session.query("SELECT 1")
    session.query("SELECT 2")
    clock.sleep(51)
    session.query("SELECT 3")
    session.close()


def test_a_transaction_of_the_callers_own_is_left_when_it_fails(aws: Aws, stub: Stubber) -> None:
    submitted(stub, "BEGIN", AT, "token-1")
    submitted(stub, "INSERT", {"SessionId": SESSION}, "token-2", Status="FAILED", Error="ERROR: no such table")
    submitted(stub, "ROLLBACK", {"SessionId": SESSION}, "token-3")
    session = DataApiSession(aws, PLACE, Clock().watch())

    session.query("BEGIN")
    with pytest.raises(WarehouseError, match="no such table"):
        session.query("INSERT")
    session.close()


def test_a_transaction_is_not_carried_on_in_a_session_that_has_ended(aws: Aws, stub: Stubber) -> None:
    clock = Clock()
    submitted(stub, "begin;", AT, "token-1")
    session = DataApiSession(aws, PLACE, clock.watch())

    session.query("begin;")
    clock.sleep(55)
    with pytest.raises(WarehouseError, match="its transaction with it"):
        session.query("INSERT")


@pytest.mark.parametrize(
    ("place", "login"),
    [
        (replace(PLACE, user=None), {"ClusterIdentifier": "maps", "Database": "gis"}),
        (DataApi(workgroup="maps"), {"WorkgroupName": "maps", "Database": "dev"}),
        (
            DataApi(workgroup="maps", secret_arn="arn:secret"),
            {"WorkgroupName": "maps", "SecretArn": "arn:secret", "Database": "dev"},
        ),
    ],
)
def test_each_way_to_log_in(place: DataApi, login: dict[str, str], aws: Aws, stub: Stubber) -> None:
    submitted(stub, "SELECT 1", login, "token-1")
    DataApiSession(aws, place, Clock().watch()).query("SELECT 1")


# What redshift-connector gives for the same columns; texts as the management guide's samples print them.
@pytest.mark.parametrize(
    ("field", "type_name", "expected"),
    [
        ({"isNull": True}, "int4", None),
        ({"longValue": 9223372036854775807}, "int8", 9223372036854775807),
        ({"doubleValue": 0.1}, "float8", 0.1),
        ({"booleanValue": False}, "bool", False),
        ({"stringValue": ""}, "varchar", ""),
        ({"stringValue": "1.10"}, "numeric", Decimal("1.10")),
        ({"stringValue": "2022-02-22"}, "date", date(2022, 2, 22)),
        ({"stringValue": "12:34:56.5"}, "time", time(12, 34, 56, 500_000)),
        ({"stringValue": "2022-02-22 00:00:00.0"}, "timestamp", datetime(2022, 2, 22)),  # noqa: DTZ001 (it has no zone)
        (
            {"stringValue": "2022-02-22 01:02:03.25+02"},
            "timestamptz",
            datetime(2022, 2, 22, 1, 2, 3, 250_000, tzinfo=timezone(timedelta(hours=2))),
        ),
        ({"stringValue": "12022-02-22"}, "date", "12022-02-22"),
        ({"blobValue": b"\x00\xff"}, "varbyte", "00ff"),
    ],
)
def test_fields_become_what_the_other_road_gives(field: dict[str, Any], type_name: str, expected: Any) -> None:
    assert value(field, type_name) == expected


def test_parameters_become_named_ones_and_what_has_no_text_is_written_out() -> None:
    sql = "SELECT '%s', %s, \"a%s\", %s, %s -- %s\n, 7 %% %s, %s"
    text, named = bound(sql, ["x", None, "", 2.5, True])

    assert text == "SELECT '%s', :p1, \"a%s\", NULL, '' -- %s\n, 7 % :p2, :p3"
    assert named == [{"name": "p1", "value": "x"}, {"name": "p2", "value": "2.5"}, {"name": "p3", "value": "true"}]


@pytest.mark.parametrize("parameters", [[1], [1, 2, 3]])
def test_a_wrong_number_of_parameters_is_refused(parameters: list[int]) -> None:
    with pytest.raises(ValueError, match="parameters"):
        bound("SELECT %s, %s", parameters)


def test_without_parameters_a_percent_sign_is_one() -> None:
    assert bound("SELECT 1 % 2, '%s'", []) == ("SELECT 1 % 2, '%s'", [])
