"""The local Data API as boto3 calls it: over a socket, with botocore's own parsers reading the replies."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from builder.local.calls.invoker import FakeInvoker
from builder.local.data_api.start import front
from builder.local.engine.duck import open_database
from builder.local.engine.engine import Engine
from builder.local.wire.login import Credentials
from tests.unit.local.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from builder.local.data_api.http import Front

AT = {"ClusterIdentifier": "local", "Database": "dev", "DbUser": "awsuser"}
ROLE = "arn:aws:iam::123456789012:role/invoke"


class Served:
    """The endpoint's HTTP side on a port of its own, and boto3's clients for it."""

    def __init__(self, answering: Front, gate: threading.Event) -> None:
        self.front = answering
        self.gate = gate
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            self.front.serve(client)

    def client(self, name: str) -> Any:
        return boto3.client(
            name,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}),
        )

    def close(self) -> None:
        self.gate.set()
        self.front.close()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = Engine(database=open_database(None), invoker=FakeInvoker({}))
    yield made
    made.close()


@pytest.fixture
def served(tmp_path: Path, engine: Engine) -> Iterator[Served]:
    """With one Lambda function, `gated`, that answers once the gate is open."""
    gate = threading.Event()

    def gated(value: object) -> object:
        gate.wait(30)
        return value

    client = Client(engine, {"gated": gated})
    credentials = Credentials(user="awsuser", password="secret")
    made = Served(
        front(engine, credentials, file=tmp_path / "redshift.duckdb", port=5439, region="us-east-1"),
        gate,
    )
    yield made
    made.close()
    client.close()


@pytest.fixture
def data(served: Served) -> Any:
    return served.client("redshift-data")


def ended(data: Any, key: str) -> dict[str, Any]:
    described: dict[str, Any] = data.describe_statement(Id=key, WaitTimeSeconds=30)
    return described


def run(data: Any, sql: str, **more: Any) -> dict[str, Any]:
    return ended(data, data.execute_statement(Sql=sql, **AT, **more)["Id"])


def rows(data: Any, sql: str, **more: Any) -> list[list[Any]]:
    described = run(data, sql, **more)
    assert described["Status"] == "FINISHED", described
    records = data.get_statement_result(Id=described["Id"])["Records"]
    return [[next(iter(field.values())) for field in record] for record in records]


def refused(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# Statements -----------------------------------------------------------------------------------------------------------


def test_a_statement_runs_and_its_typed_result_is_read(data: Any) -> None:
    described = run(
        data, "SELECT 7::int AS n, 2.5::float8 AS f, true AS b, 1.50::decimal(9,2) AS d, NULL::int AS x, 'é' AS t"
    )

    assert described["Status"] == "FINISHED"
    assert (described["HasResultSet"], described["ResultRows"], described["ResultFormat"]) == (True, 1, "JSON")
    assert described["QueryString"].startswith("SELECT 7")
    assert described["Duration"] > 0
    answer = data.get_statement_result(Id=described["Id"])
    assert answer["Records"] == [
        [
            {"longValue": 7},
            {"doubleValue": 2.5},
            {"booleanValue": True},
            {"stringValue": "1.50"},
            {"isNull": True},
            {"stringValue": "é"},
        ]
    ]
    assert [column["name"] for column in answer["ColumnMetadata"]] == ["n", "f", "b", "d", "x", "t"]
    assert [column["typeName"] for column in answer["ColumnMetadata"]][:4] == ["int4", "float8", "bool", "numeric"]
    assert answer["TotalNumRows"] == 1


def test_the_developer_guides_sample_with_parameters_gives_the_guides_answer(data: Any) -> None:
    """Management guide, "To run a SQL statement with parameters": its statements and the records that it prints."""
    run(
        data,
        "create table event( eventid integer not null distkey, venueid smallint not null, catid smallint not null, "
        "dateid smallint not null sortkey, eventname varchar(200), starttime timestamp)",
    )
    given = {"eventid": "1", "venueid": "1", "catid": "1", "dateid": "1", "eventname": "event 1"}
    given["starttime"] = "2022-02-22"
    inserted = run(
        data,
        "insert into event values(:eventid, :venueid::smallint, :catid, :dateid, :eventname, :starttime)",
        Parameters=[{"name": name, "value": value} for name, value in given.items()],
    )
    again = run(
        data,
        "insert into event values(:id, :id::smallint, :id, :id, :eventname, :starttime) /*no parameter: :id*/",
        Parameters=[
            {"name": "eventname", "value": "event 2"},
            {"name": "starttime", "value": "2022-02-22"},
            {"name": "id", "value": "2"},
        ],
    )
    assert [(each["Status"], each["ResultRows"], each["HasResultSet"]) for each in (inserted, again)] == [
        ("FINISHED", 1, False)
    ] * 2

    found = run(data, "select * from event where eventid=:id", Parameters=[{"name": "id", "value": "1"}])
    answer = data.get_statement_result(Id=found["Id"])
    assert answer["Records"] == [
        [{"longValue": 1}] * 4 + [{"stringValue": "event 1"}, {"stringValue": "2022-02-22 00:00:00.0"}]
    ]
    shown = [(c["typeName"], c["precision"], c["scale"], c["isSigned"]) for c in answer["ColumnMetadata"]]
    assert shown[:2] == [("int4", 10, 0, True), ("int2", 5, 0, True)]
    assert shown[5] == ("timestamp", 29, 6, False)
    assert found["QueryParameters"] == [{"name": "id", "value": "1"}]


def test_a_failure_is_the_statements_and_in_redshifts_words(data: Any) -> None:
    described = run(data, "SELECT * FROM non_existent_table")

    assert described["Status"] == "FAILED"
    assert described["Error"] == 'ERROR: relation "non_existent_table" does not exist'
    assert (described["ResultRows"], described["ResultSize"], described["HasResultSet"]) == (-1, -1, False)


def test_waiting_in_the_call_itself_tells_the_end(data: Any) -> None:
    answer = data.execute_statement(Sql="SELECT 1", WaitTimeSeconds=30, **AT)

    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)
    assert (answer["ClusterIdentifier"], answer["Database"], answer["DbUser"]) == ("local", "dev", "awsuser")


def test_an_external_function_is_called_from_a_statement(served: Served, data: Any) -> None:
    served.gate.set()
    run(data, f"CREATE EXTERNAL FUNCTION gated(int) RETURNS int STABLE LAMBDA 'gated' IAM_ROLE '{ROLE}'")

    described = run(data, "SELECT gated(n) FROM (SELECT 3 AS n UNION ALL SELECT 4) ORDER BY 1")
    assert data.get_statement_result(Id=described["Id"])["Records"] == [[{"longValue": 3}], [{"longValue": 4}]]
    # The id leads to the query's own calls.
    found = rows(data, f"SELECT count(*) FROM sys_ludf_detail WHERE query_id = {described['RedshiftQueryId']}")
    assert found[0][0] > 0


def test_a_large_result_comes_in_pages(data: Any) -> None:
    described = run(data, "SELECT n, repeat('x', 1000) AS t FROM generate_series(1, 5000) AS g(n)")

    pages = list(data.get_paginator("get_statement_result").paginate(Id=described["Id"]))
    assert described["ResultRows"] == 5000
    assert described["ResultSize"] > 5_000_000
    assert len(pages) > 1
    assert {page["TotalNumRows"] for page in pages} == {5000}
    numbers = [record[0]["longValue"] for page in pages for record in page["Records"]]
    assert sorted(numbers) == list(range(1, 5001))


def test_csv_is_read_by_the_second_version(data: Any) -> None:
    described = run(data, "SELECT 1 AS a, 'x,\"y' AS b, NULL::int AS c, true AS d", ResultFormat="CSV")

    answer = data.get_statement_result_v2(Id=described["Id"])
    assert answer["ResultFormat"] == "CSV"
    assert answer["Records"][0]["CSVRecords"].splitlines() == ["a,b,c,d", '1,"x,""y",,true']
    assert refused(data.get_statement_result, Id=described["Id"])[0] == "ValidationException"


# Batches --------------------------------------------------------------------------------------------------------------


def test_a_batch_is_one_transaction(data: Any) -> None:
    run(data, "CREATE TABLE t (n int)")
    key = data.batch_execute_statement(Sqls=["INSERT INTO t VALUES (1)", "SELECT n FROM t", "SELECT 2 AS two"], **AT)[
        "Id"
    ]
    described = ended(data, key)

    assert (described["Status"], described["HasResultSet"]) == ("FINISHED", True)
    assert [part["Id"] for part in described["SubStatements"]] == [f"{key}:1", f"{key}:2", f"{key}:3"]
    assert [part["HasResultSet"] for part in described["SubStatements"]] == [False, True, True]
    assert data.get_statement_result(Id=f"{key}:2")["Records"] == [[{"longValue": 1}]]
    assert data.get_statement_result(Id=f"{key}:3")["Records"] == [[{"longValue": 2}]]
    assert refused(data.get_statement_result, Id=key)[0] == "ResourceNotFoundException"


def test_one_failure_takes_a_batch_back(data: Any) -> None:
    run(data, "CREATE TABLE t (n int)")
    key = data.batch_execute_statement(Sqls=["INSERT INTO t VALUES (1)", "SELECT no FROM t", "SELECT 1"], **AT)["Id"]
    described = ended(data, key)

    assert described["Status"] == "FAILED"
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert described["SubStatements"][1]["Error"].startswith("ERROR: ")
    assert described["SubStatements"][2]["Error"] == "Connection or an prior query failed."
    assert rows(data, "SELECT count(*) FROM t") == [[0]]


def test_auto_commit_keeps_what_worked(data: Any) -> None:
    run(data, "CREATE TABLE t (n int)")
    sqls = ["INSERT INTO t VALUES (1)", "SELECT no FROM t", "INSERT INTO t VALUES (3)"]
    key = data.batch_execute_statement(Sqls=sqls, ExecutionMode="AUTO_COMMIT", **AT)["Id"]

    described = ended(data, key)
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "FINISHED"]
    assert rows(data, "SELECT n FROM t ORDER BY n") == [[1], [3]]


def test_a_batch_has_at_most_forty_statements(data: Any) -> None:
    assert "Id" in data.batch_execute_statement(Sqls=["SELECT 1"] * 40, **AT)
    code, message = refused(data.batch_execute_statement, Sqls=["SELECT 1"] * 41, **AT)
    assert code == "ValidationException"
    assert "less than or equal to 40" in message


# Cancelling, listing, tokens, sessions --------------------------------------------------------------------------------


def test_a_running_statement_is_cancelled(served: Served, data: Any) -> None:
    run(data, f"CREATE EXTERNAL FUNCTION gated(int) RETURNS int VOLATILE LAMBDA 'gated' IAM_ROLE '{ROLE}'")
    key = data.execute_statement(Sql="SELECT gated(1)", **AT)["Id"]
    while data.describe_statement(Id=key)["Status"] != "STARTED":
        time.sleep(0.01)

    assert data.cancel_statement(Id=key)["Status"] is True
    served.gate.set()
    described = ended(data, key)
    assert (described["Status"], described["Error"]) == ("ABORTED", "ERROR: Query cancelled on user's request")
    message = f"Could not cancel a query that is already in ABORTED state with ID: {key}"
    assert refused(data.cancel_statement, Id=key) == ("ValidationException", message)


def test_statements_are_listed_by_status_and_by_the_start_of_their_names(data: Any) -> None:
    for name in ("nightly-1", "nightly-2", "other"):
        run(data, f"SELECT '{name}'", StatementName=name)
    run(data, "SELECT * FROM missing", StatementName="nightly-3")

    def listed(**given: Any) -> list[str]:
        pages = data.get_paginator("list_statements").paginate(PaginationConfig={"PageSize": 1}, **given)
        return [each["StatementName"] for page in pages for each in page["Statements"]]

    assert listed() == ["other", "nightly-2", "nightly-1"]
    assert listed(StatementName="nightly") == ["nightly-2", "nightly-1"]
    assert listed(StatementName="nightly", Status="ALL") == ["nightly-3", "nightly-2", "nightly-1"]
    assert listed(Status="FAILED") == ["nightly-3"]
    assert listed(Status="ALL", WorkgroupName="local") == []


def test_a_client_token_runs_its_statement_once(data: Any) -> None:
    run(data, "CREATE TABLE t (n int)")
    keys = {data.execute_statement(Sql="INSERT INTO t VALUES (1)", ClientToken="once", **AT)["Id"] for _ in range(3)}

    assert len(keys) == 1
    ended(data, keys.pop())
    assert rows(data, "SELECT count(*) FROM t") == [[1]]
    code, _ = refused(data.execute_statement, Sql="INSERT INTO t VALUES (2)", ClientToken="once", **AT)
    assert code == "ValidationException"


def test_a_session_keeps_its_temporary_tables(data: Any) -> None:
    first = data.execute_statement(
        Sql="CREATE TEMP TABLE t AS SELECT 5 AS n", SessionKeepAliveSeconds=60, WaitTimeSeconds=30, **AT
    )
    second = data.execute_statement(Sql="SELECT n FROM t", SessionId=first["SessionId"], WaitTimeSeconds=30)

    assert second["SessionId"] == first["SessionId"]
    assert data.get_statement_result(Id=second["Id"])["Records"] == [[{"longValue": 5}]]
    (held,) = data.list_sessions()["Sessions"]
    assert (held["SessionId"], held["Status"], held["SessionAliveSeconds"]) == (first["SessionId"], "AVAILABLE", 60)
    assert run(data, "SELECT n FROM t")["Status"] == "FAILED"
    unknown = "00000000-0000-0000-0000-000000000000"
    answer = refused(data.execute_statement, Sql="SELECT 1", SessionId=unknown)
    assert answer == ("ValidationException", "Session is not available.")


def test_many_callers_at_a_time(served: Served) -> None:
    run(served.client("redshift-data"), "CREATE TABLE t (n int)")
    clients = [served.client("redshift-data") for _ in range(8)]

    def work(number: int) -> str:
        return str(run(clients[number % 8], f"SELECT {number} FROM t")["Status"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(64))) == {"FINISHED"}


# Metadata -------------------------------------------------------------------------------------------------------------


def test_the_catalogue_is_listed_by_patterns(data: Any) -> None:
    for sql in ("CREATE SCHEMA carto", "CREATE TABLE carto.points (id int not null, name varchar(20) default 'a')"):
        run(data, sql)
    run(data, "CREATE VIEW carto.named AS SELECT name FROM carto.points")

    assert data.list_databases(**AT)["Databases"] == ["dev"]
    assert {"carto", "public", "pg_catalog", "information_schema"} <= set(data.list_schemas(**AT)["Schemas"])
    assert data.list_schemas(SchemaPattern="car%", **AT)["Schemas"] == ["carto"]
    assert data.list_tables(SchemaPattern="carto", **AT)["Tables"] == [
        {"schema": "carto", "name": "named", "type": "VIEW"},
        {"schema": "carto", "name": "points", "type": "TABLE"},
    ]
    assert data.list_tables(TablePattern="p_ints", **AT)["Tables"][0]["name"] == "points"
    pages = data.get_paginator("list_tables").paginate(SchemaPattern="carto", PaginationConfig={"PageSize": 1}, **AT)
    assert [len(page["Tables"]) for page in pages] == [1, 1]


def test_a_table_is_described(data: Any) -> None:
    run(data, "CREATE TABLE points (id int not null, name varchar(20) default 'a', price decimal(9,2))")

    columns = data.describe_table(Schema="public", Table="points", **AT)["ColumnList"]
    shown = [(c["name"], c["typeName"], c["nullable"], c["precision"], c["scale"]) for c in columns]
    assert shown == [("id", "int4", 0, 10, 0), ("name", "varchar", 1, 20, 0), ("price", "numeric", 1, 9, 2)]
    assert {(c["schemaName"], c["tableName"]) for c in columns} == {("public", "points")}
    assert "a" in columns[1]["columnDefault"]


# Refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ClusterIdentifier": "other", "Database": "dev"}, "Redshift endpoint doesn't exist in this region."),
        ({"WorkgroupName": "other", "Database": "dev"}, "Redshift endpoint doesn't exist in this region."),
        (
            {**AT, "Parameters": [{"name": "id", "value": "1"}]},
            "Parameters list contains unused parameters. Unused parameters: [id]",
        ),
        ({**AT, "Sql": "SELECT '" + "x" * 102_400 + "'"}, "Cannot process query string larger than 100kB"),
    ],
)
def test_calls_that_aws_refuses_are_refused_in_its_words(data: Any, given: dict[str, Any], message: str) -> None:
    assert refused(data.execute_statement, **({"Sql": "SELECT ':id'"} | given)) == ("ValidationException", message)


def test_ids_are_checked(data: Any) -> None:
    code, message = refused(data.describe_statement, Id="nonsense")
    assert (code, message.partition(":")[0]) == ("ValidationException", "id must satisfy regex pattern")
    unknown = "70662acc-f334-46f8-b953-3a9546796d70"
    for call in (data.describe_statement, data.get_statement_result, data.cancel_statement):
        assert refused(call, Id=unknown) == ("ResourceNotFoundException", "Query does not exist.")


def test_a_statement_without_rows_has_no_result(data: Any) -> None:
    described = run(data, "DROP TABLE IF EXISTS non_existent_table")

    message = "Query does not have result. Please check query status with DescribeStatement."
    assert refused(data.get_statement_result, Id=described["Id"]) == ("ResourceNotFoundException", message)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"Database": "prod"}, 'FATAL: database "prod" does not exist'),
        ({"DbUser": "nobody"}, 'FATAL: user "nobody" does not exist'),
    ],
)
def test_a_connection_that_fails_is_the_statements_error(data: Any, given: dict[str, Any], error: str) -> None:
    described = ended(data, data.execute_statement(Sql="SELECT 1", **{**AT, **given})["Id"])

    assert (described["Status"], described["Error"]) == ("FAILED", error)


def test_a_workgroup_serves_the_same_database(data: Any) -> None:
    run(data, "CREATE TABLE t AS SELECT 9 AS n")
    answer = data.execute_statement(Sql="SELECT n FROM t", WorkgroupName="local", Database="dev", WaitTimeSeconds=30)

    assert answer["WorkgroupName"] == "local"
    assert "ClusterIdentifier" not in answer
    assert data.get_statement_result(Id=answer["Id"])["Records"] == [[{"longValue": 9}]]


# Roles ----------------------------------------------------------------------------------------------------------------


def test_roles_are_attached_to_the_cluster_and_taken_off(served: Served) -> None:
    redshift = served.client("redshift")
    second = "arn:aws:iam::123456789012:role/service/second"

    changed = redshift.modify_cluster_iam_roles(
        ClusterIdentifier="local", AddIamRoles=[ROLE, second], DefaultIamRoleArn=second
    )["Cluster"]
    assert {role["ApplyStatus"] for role in changed["IamRoles"]} == {"adding"}
    (cluster,) = redshift.describe_clusters(ClusterIdentifier="local")["Clusters"]
    assert cluster["IamRoles"] == [
        {"IamRoleArn": ROLE, "ApplyStatus": "in-sync"},
        {"IamRoleArn": second, "ApplyStatus": "in-sync"},
    ]
    assert (cluster["DefaultIamRoleArn"], cluster["ClusterStatus"], cluster["NumberOfNodes"]) == (
        second,
        "available",
        1,
    )
    assert cluster["Endpoint"] == {"Address": "localhost", "Port": 5439}

    redshift.modify_cluster_iam_roles(ClusterIdentifier="local", RemoveIamRoles=[second])
    (cluster,) = redshift.describe_clusters()["Clusters"]
    assert [role["IamRoleArn"] for role in cluster["IamRoles"]] == [ROLE]
    assert "DefaultIamRoleArn" not in cluster


def test_an_unknown_cluster_is_not_found(served: Served) -> None:
    redshift = served.client("redshift")
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault, match="Cluster other not found"):
        redshift.describe_clusters(ClusterIdentifier="other")


def test_a_namespaces_roles_are_replaced_as_a_whole(served: Served) -> None:
    serverless = served.client("redshift-serverless")
    namespace = serverless.get_workgroup(workgroupName="local")["workgroup"]["namespaceName"]
    other = "arn:aws:iam::123456789012:role/other"
    serverless.update_namespace(namespaceName=namespace, iamRoles=[ROLE])
    serverless.update_namespace(namespaceName=namespace, iamRoles=[other], defaultIamRoleArn=other)

    answer = serverless.get_namespace(namespaceName=namespace)["namespace"]
    assert answer["iamRoles"] == [f"IamRole(applyStatus=in-sync, iamRoleArn={other})"]
    assert (answer["defaultIamRoleArn"], answer["dbName"], answer["status"]) == (other, "dev", "AVAILABLE")
    with pytest.raises(serverless.exceptions.ResourceNotFoundException):
        serverless.get_namespace(namespaceName="another")
