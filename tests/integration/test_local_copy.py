"""COPY and UNLOAD against the S3 of the local cloud, with boto3 on the other side.

What COPY and UNLOAD make of options is in tests/conformance/copy.yaml, over objects in memory. Expected here are the
objects that boto3 and Python's own gzip and csv read, and the rows that were put in.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import psycopg
import pytest

from builder.testing import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.cloud

BUCKET = "copy-and-unload"
ROWS = [
    (1, 'comma, "quote"\nand line', True),
    (2, "", False),
    (9223372036854775807, "grün | 東京", None),
    (None, None, None),
]


class Cloud:
    """A bucket, a role that may use it, and a connection of psycopg."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        names = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER", "password": "PASSWORD"}
        words = {word: environ[f"RS_{name}"] for word, name in names.items()}
        self.connection = psycopg.connect(psycopg.conninfo.make_conninfo(**words), autocommit=True)
        self.s3 = self._client("s3", "AWS_ENDPOINT_URL")
        self.s3.create_bucket(Bucket=BUCKET)
        self.role = self.make_role("loads", "s3:*")

    def _client(self, service: str, endpoint: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.environ[endpoint], region_name="us-east-1", **keys)

    def make_role(self, name: str, *actions: str) -> str:
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "redshift.amazonaws.com"}}
        allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        iam = self._client("iam", "AWS_ENDPOINT_URL")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="s3", PolicyDocument=_document(allow))
        redshift = self._client("redshift", "AWS_ENDPOINT_URL_REDSHIFT")
        redshift.modify_cluster_iam_roles(ClusterIdentifier="local", AddIamRoles=[made])
        return str(made)

    def put(self, key: str, data: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [entry["Key"] for entry in found]

    def get(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def copy(self, table: str, key: str, options: str = "", *, bucket: str = BUCKET) -> None:
        self.connection.execute(f"COPY {table} FROM 's3://{bucket}/{key}' IAM_ROLE '{self.role}' {options}")

    def unload(self, query: str, key: str, options: str = "", *, bucket: str = BUCKET) -> None:
        self.connection.execute(f"UNLOAD ('{query}') TO 's3://{bucket}/{key}' IAM_ROLE '{self.role}' {options}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def table(self, name: str, columns: str) -> None:
        self.connection.execute(f"DROP TABLE IF EXISTS {name}")
        self.connection.execute(f"CREATE TABLE {name} ({columns})")


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    suite = Suite(Path(__file__).parents[2], ("functions",))
    try:
        made = Cloud(suite.cloud)
        with made.connection:
            yield made
    finally:
        suite.close()


@pytest.fixture
def filled(cloud: Cloud) -> Cloud:
    """Table `t` with ROWS, and an empty `u` of the same columns."""
    for name in ("t", "u"):
        cloud.table(name, "n BIGINT, v VARCHAR(100), b BOOLEAN")
    with cloud.connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s, %s)", ROWS)
    return cloud


def _sorted(cloud: Cloud, table: str) -> list[tuple[Any, ...]]:
    return cloud.rows(f"SELECT n, v, b FROM {table} ORDER BY n NULLS LAST")


def test_csv_that_another_reader_reads_and_copy_takes_back(filled: Cloud) -> None:
    filled.unload("SELECT * FROM t ORDER BY n", "csv/", "FORMAT CSV HEADER PARALLEL OFF NULL AS '~'")
    assert filled.keys("csv/") == ["csv/000"]
    read = list(csv.reader(io.StringIO(filled.get("csv/000").decode(), newline="")))
    assert read == [
        ["n", "v", "b"],
        ["1", 'comma, "quote"\nand line', "t"],
        ["2", "", "f"],
        ["9223372036854775807", "grün | 東京", "~"],
        ["~", "~", "~"],
    ]
    filled.copy("u", "csv/", "CSV IGNOREHEADER 1 NULL AS '~'")
    assert _sorted(filled, "u") == ROWS


def test_parquet_there_and_back(filled: Cloud) -> None:
    filled.unload("SELECT * FROM t", "parquet/", "FORMAT AS PARQUET")
    (key,) = filled.keys("parquet/")
    # A Parquet file begins and ends with these four bytes.
    data = filled.get(key)
    assert (key[-8:], data[:4], data[-4:]) == (".parquet", b"PAR1", b"PAR1")
    filled.copy("u", "parquet/", "FORMAT AS PARQUET")
    assert _sorted(filled, "u") == ROWS


def test_gzip_both_ways(filled: Cloud) -> None:
    filled.unload("SELECT n, b FROM t WHERE n < 3 ORDER BY n", "gzip/", "GZIP PARALLEL OFF")
    assert filled.keys("gzip/") == ["gzip/000.gz"]
    assert gzip.decompress(filled.get("gzip/000.gz")) == b"1|t\n2|f\n"
    filled.put("gzip/more.gz", gzip.compress(b"5|true\n"))
    filled.copy("u (n, b)", "gzip/", "GZIP")
    assert filled.rows("SELECT n, b FROM u ORDER BY n") == [(1, True), (2, False), (5, True)]


def test_what_is_not_compressed_is_refused(filled: Cloud) -> None:
    filled.put("plain.txt", b"1|x|t\n")
    with pytest.raises(psycopg.Error, match="is not in the format GZIP"):
        filled.copy("u", "plain.txt", "GZIP")
    assert filled.rows("SELECT COUNT(*) FROM u") == [(0,)]


def test_the_manifest_of_an_unload_names_what_copy_loads(filled: Cloud) -> None:
    filled.unload("SELECT n FROM t", "listed/part_", "MANIFEST VERBOSE")
    document = json.loads(filled.get("listed/part_manifest"))
    urls = [entry["url"] for entry in document["entries"]]
    assert sorted(urls) == sorted(f"s3://{BUCKET}/{key}" for key in filled.keys("listed/part_0"))
    assert document["meta"]["record_count"] == len(ROWS)
    filled.put("listed/part_9999", b"77\n")
    filled.copy("u (n)", "listed/part_manifest", "MANIFEST")
    assert filled.rows("SELECT COUNT(*), MAX(n) FROM u") == [(len(ROWS), 9223372036854775807)]


def test_a_mandatory_file_of_a_manifest_must_be_there(filled: Cloud) -> None:
    filled.put("missing-one", json.dumps({"entries": [{"url": f"s3://{BUCKET}/gone", "mandatory": True}]}).encode())
    with pytest.raises(psycopg.Error, match="Problem reading manifest file"):
        filled.copy("u", "missing-one", "MANIFEST")


def test_a_bucket_that_is_not_there(filled: Cloud) -> None:
    with pytest.raises(psycopg.Error, match=r"S3ServiceException:.*,Status 404,Error NoSuchBucket"):
        filled.copy("u", "x", bucket="no-such-bucket-here")
    with pytest.raises(psycopg.Error, match=r"S3ServiceException:.*,Status 404,Error NoSuchBucket"):
        filled.unload("SELECT 1", "x", bucket="no-such-bucket-here")


def test_a_load_that_fails_leaves_the_table_and_says_why(filled: Cloud) -> None:
    filled.put("bad/a.txt", b"1|x|t\n")
    filled.put("bad/b.txt", b"2|y|f\n3z|y|f\n")
    failed = "Load into table 'u' failed.  Check 'stl_load_errors' system table for details."
    with pytest.raises(psycopg.Error, match=failed):
        filled.copy("u", "bad/")
    assert filled.rows("SELECT COUNT(*) FROM u") == [(0,)]
    told = filled.rows(
        "SELECT line_number, TRIM(colname), err_code, TRIM(err_reason), TRIM(raw_line) FROM stl_load_errors "
        f"WHERE filename = 's3://{BUCKET}/bad/b.txt'"
    )
    # Redshift, "Load error reference": 1207 is a value that holds what is no digit.
    assert told == [(2, "n", 1207, "Invalid digit, Value 'z', Pos 1, Type: Long", "3z|y|f")]
    filled.copy("u", "bad/", "MAXERROR 1")
    assert filled.rows("SELECT n FROM u ORDER BY n") == [(1,), (2,)]


def test_a_load_within_a_transaction_goes_with_it(filled: Cloud) -> None:
    filled.put("rolled.txt", b"1|x|t\n")
    filled.connection.execute("BEGIN")
    filled.copy("u", "rolled.txt")
    assert filled.rows("SELECT COUNT(*) FROM u") == [(1,)]
    filled.connection.execute("ROLLBACK")
    assert filled.rows("SELECT COUNT(*) FROM u") == [(0,)]


def test_more_rows_than_a_piece_over_both_slices(cloud: Cloud) -> None:
    cloud.table("many", "n INT")
    cloud.put("many.txt", b"".join(b"%d\n" % number for number in range(45_000)))
    cloud.copy("many", "many.txt")
    cloud.unload("SELECT n FROM many", "many/")
    assert cloud.keys("many/") == ["many/0000_part_00", "many/0001_part_00"]
    numbers = b"".join(cloud.get(key) for key in cloud.keys("many/")).split()
    assert sorted(map(int, numbers)) == list(range(45_000))


def test_a_role_may_do_what_its_policies_and_the_bucket_s_allow(filled: Cloud) -> None:
    """Unit tests have every case; here the emulator's roles and its bucket's policy."""
    filled.put("roles/in", b"1|one|t\n")
    reader = filled.make_role("reads", "s3:ListBucket", "s3:GetObject")
    copy = f"COPY u FROM 's3://{BUCKET}/roles/in' IAM_ROLE '{reader}'"
    filled.connection.execute(copy)
    assert _sorted(filled, "u") == [(1, "one", True)]
    refused = "is not authorized to perform: {} on resource.*because no identity-based policy allows"
    with pytest.raises(psycopg.Error, match=refused.format("s3:PutObject")):
        filled.connection.execute(f"UNLOAD ('SELECT * FROM t') TO 's3://{BUCKET}/roles/out' IAM_ROLE '{reader}'")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/roles/*"}
    filled.s3.put_bucket_policy(Bucket=BUCKET, Policy=_document(deny))
    try:
        with pytest.raises(psycopg.Error, match="with an explicit deny in a resource-based policy"):
            filled.connection.execute(copy)
    finally:
        filled.s3.delete_bucket_policy(Bucket=BUCKET)
