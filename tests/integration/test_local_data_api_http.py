"""The port that HTTP and PostgreSQL's protocol share, and requests that no SDK would send."""

from __future__ import annotations

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import psycopg
import pytest

from builder.local.calls.invoker import FakeInvoker
from builder.local.data_api.start import front
from builder.local.engine.duck import open_database
from builder.local.engine.engine import Engine
from builder.local.wire.login import Credentials
from builder.local.wire.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/redshift-data/aws4_request"}
AT = {"ClusterIdentifier": "local", "Database": "dev"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("data")
    engine = Engine(database=open_database(None), invoker=FakeInvoker({}))
    credentials = Credentials(user="awsuser", password="secret")
    web = front(engine, credentials, file=folder / "redshift.duckdb", port=0, region=None)
    server = Server(engine=engine, credentials=credentials, port=0, http=web.serve)
    server.start()
    yield server.address[1]
    server.close()
    web.close()
    engine.close()
    assert list(folder.iterdir()) == []


def post(port: int, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    finally:
        connection.close()


def called(port: int, operation: str, given: Any) -> tuple[int, dict[str, Any]]:
    headers = {**SIGNED, "X-Amz-Target": f"RedshiftData.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    status, _, body = post(port, json.dumps(given).encode(), headers)
    answer: dict[str, Any] = json.loads(body)
    return status, answer


def test_both_protocols_share_the_port_and_the_tables(port: int) -> None:
    with psycopg.connect(host="127.0.0.1", port=port, dbname="dev", user="awsuser", password="secret") as session:
        session.execute("CREATE TABLE shared AS SELECT 5 AS n")
    status, answer = called(port, "ExecuteStatement", {"Sql": "SELECT n FROM shared", "WaitTimeSeconds": 30, **AT})

    assert (status, answer["Status"]) == (200, "FINISHED")
    assert called(port, "GetStatementResult", {"Id": answer["Id"]})[1]["Records"] == [[{"longValue": 5}]]


def test_a_request_without_credentials_is_refused(port: int) -> None:
    """A page in a browser can post a form to any port of its reader's machine, but not this header."""
    form = b"Action=ModifyClusterIamRoles&Version=2012-12-01&ClusterIdentifier=local"
    status, _, body = post(port, form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 403
    assert ET.fromstring(body).findtext(".//{*}Code") == "MissingAuthenticationToken"  # noqa: S314 - our own endpoint's
    status, _, body = post(port, b"{}", {"X-Amz-Target": "RedshiftData.ListStatements"})
    assert (status, json.loads(body)["__type"]) == (403, "MissingAuthenticationToken")


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("RedshiftData.ExecuteStatement", b"{", "SerializationException"),
        ("RedshiftData.ExecuteStatement", b"[]", "SerializationException"),
        ("RedshiftData.ExecuteStatement", b"\xff\xfe", "SerializationException"),
        ("RedshiftData.ExecuteStatement", b"", "ValidationException"),
        ("RedshiftData.ExecuteStatement", b'{"Sql":"' + b"[" * 50_000 + b'"}', "ValidationException"),
        ("RedshiftData.ExecuteStatement", b"[" * 100_000, "SerializationException"),
        ("RedshiftData.DropEverything", b"{}", "UnknownOperationException"),
        ("RedshiftData.", b"{}", "UnknownOperationException"),
        ("Else.ExecuteStatement", b"{}", "UnknownOperationException"),
        ("RedshiftServerless.DeleteNamespace", b'{"namespaceName":"local"}', "UnsupportedOperation"),
    ],
)
def test_what_is_no_request_gets_an_error_of_awss_form(port: int, target: str, body: bytes, code: str) -> None:
    status, headers, answer = post(port, body, {**SIGNED, "X-Amz-Target": target})

    assert 400 <= status < 500
    assert json.loads(answer)["__type"] == code
    assert headers["x-amzn-errortype"] == code


@pytest.mark.parametrize(
    ("length", "status"), [({"Content-Length": "99999999999"}, 413), ({"Content-Length": "-1"}, 411)]
)
def test_a_body_beyond_the_bound_is_not_read(port: int, length: dict[str, str], status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/", headers={**SIGNED, **length})
    assert connection.getresponse().status == status
    connection.close()


def test_a_form_that_names_no_action_is_refused(port: int) -> None:
    for body in (b"", b"Action=Drop", b"\xff", b"Action=DescribeClusters&MaxRecords=x"):
        status, _, answer = post(port, body, SIGNED)
        assert status == 400
        assert ET.fromstring(answer).findtext(".//{*}Code") in {"InvalidAction", "MalformedInput"}  # noqa: S314


def test_one_connection_serves_many_requests(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(20):
        connection.request("POST", "/", b"{}", {**SIGNED, "X-Amz-Target": "RedshiftData.ListStatements"})
        assert json.loads(connection.getresponse().read()).keys() >= {"Statements"}
    connection.close()


def test_a_thousand_results_are_kept_without_a_thousand_open_files(port: int) -> None:
    def one(number: int) -> Any:
        given = {"Sql": f"SELECT {number}", "WaitTimeSeconds": 30, **AT}
        return called(port, "ExecuteStatement", given)[1]["Id"]

    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(one, range(1100)))
    assert called(port, "GetStatementResult", {"Id": keys[0]})[1]["Records"] == [[{"longValue": 0}]]
    assert threading.active_count() < 100
    assert len(list(Path("/dev/fd").iterdir())) < 300
