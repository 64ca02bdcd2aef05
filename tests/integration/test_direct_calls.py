"""SQL calls of functions in the local cloud: containers of the endpoint's own, and what may happen to them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import psycopg
import pytest

from builder.local.cloud.containers import ENDPOINT
from builder.testing import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.cloud
PROJECT = Path(__file__).resolve().parents[2]
LAMBDA = "carto-at-moods"
DEFINITION = """function_type: scalar
status: stable
author: Analytics Toolbox contributors
description: Does what it is told.
arguments: [{name: word, type: string, description: What to do.}]
output: {type: string, description: What was done.}
clouds:
  redshift:
    type: lambda
    code_file: code/lambda/python/handler.py
    config: {memory_size: 128, timeout: 2, volatility: volatile}
"""
HANDLER = """import os
import time

from gateway import redshift_handler


@redshift_handler
def lambda_handler(word):
    if word == "sleep":
        time.sleep(60)
    if word == "exit":
        os._exit(3)
    if word == "eat":
        return str(len(bytearray(400_000_000)))
    if word == "write":
        open("/var/task/new", "w")
    if word == "raise":
        raise ValueError("as told")
    if word == "name":
        return os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    return "VERSION " + word
"""


class Cloud:
    """A function in a local cloud, a client, and Lambda's API."""

    def __init__(self, suite: Suite, handler: Path) -> None:
        self.suite = suite
        self.handler = handler
        self.deploy("one")
        environ = suite.cloud
        names = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER", "password": "PASSWORD"}
        words = {word: environ[f"RS_{name}"] for word, name in names.items()}
        self.connection = psycopg.connect(psycopg.conninfo.make_conninfo(**words), autocommit=True)
        self.api: Any = boto3.client(
            "lambda",
            endpoint_url=environ["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def deploy(self, version: str) -> None:
        self.handler.write_text(HANDLER.replace("VERSION", version))
        for command in (["build"], ["push"], ["deploy", "--yes"]):
            self.suite.builder(*command, environ=self.suite.cloud)

    def say(self, word: str) -> Any:
        row = self.connection.execute(f"SELECT carto.moods_do('{word}')").fetchone()
        assert row is not None
        return row[0]

    @property
    def containers(self) -> set[str]:
        command = ["docker", "ps", "-q", "--filter", f"label={ENDPOINT}", "--filter", "status=running"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        named = ["docker", "inspect", "--format", "{{.Id}} {{.Config.Env}}", *listed]
        lines = subprocess.run(named, capture_output=True, text=True, check=True).stdout if listed else ""
        return {line.split()[0] for line in lines.splitlines() if f"AWS_LAMBDA_FUNCTION_NAME={LAMBDA}" in line}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("moods")
    code = folder / "moods/moods_do/code/lambda/python"
    code.mkdir(parents=True)
    (code.parents[2] / "function.yaml").write_text(DEFINITION)
    suite = Suite(PROJECT, (str(folder),))
    try:
        made = Cloud(suite, code / "handler.py")
        with made.connection:
            yield made
    finally:
        suite.close()


def test_calls_share_a_warm_container(cloud: Cloud) -> None:
    assert cloud.say("a") == "one a"
    before = cloud.containers
    assert cloud.say("name") == LAMBDA
    assert cloud.containers == before != set()


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("sleep", r"Sandbox\.Timedout: Task timed out after 2\.00 seconds"),
        ("exit", r"Runtime\.ExitError"),
        ("eat", r"Runtime\.ExitError|Runtime\.OutOfMemory|MemoryError"),
        ("write", r"Read-only file system"),
        ("raise", r"as told"),
    ],
)
def test_a_call_that_fails_says_why_and_the_next_one_is_answered(cloud: Cloud, word: str, error: str) -> None:
    with pytest.raises(psycopg.Error, match=error):
        cloud.say(word)
    assert cloud.say("b").endswith("b")


def test_a_container_that_somebody_removes_is_replaced(cloud: Cloud) -> None:
    cloud.say("a")
    subprocess.run(["docker", "rm", "-f", *cloud.containers], check=True, capture_output=True)
    assert cloud.say("c").endswith("c")


def test_no_reserved_concurrency_is_throttled_beyond_the_retry_timeout(cloud: Cloud) -> None:
    role = "arn:aws:iam::000000000000:role/CartoATRedshiftInvokeRole"
    cloud.connection.execute(
        f"CREATE EXTERNAL FUNCTION never(VARCHAR) RETURNS VARCHAR VOLATILE LAMBDA '{LAMBDA}' IAM_ROLE '{role}' "
        "RETRY_TIMEOUT 100"
    )
    cloud.api.put_function_concurrency(FunctionName=LAMBDA, ReservedConcurrentExecutions=0)
    try:
        with pytest.raises(psycopg.Error, match=r"TooManyRequestsException.*RETRY_TIMEOUT 100 ms"):
            cloud.connection.execute("SELECT never('a')")
    finally:
        cloud.api.delete_function_concurrency(FunctionName=LAMBDA)


def test_changed_configuration_and_code_are_what_the_next_statement_calls(cloud: Cloud) -> None:
    assert cloud.say("a") == "one a"
    before = cloud.containers
    cloud.deploy("two")
    assert cloud.say("a") == "two a"
    assert not before & cloud.containers


def test_the_end_of_the_cloud_is_the_end_of_its_containers(cloud: Cloud) -> None:
    cloud.say("a")
    left = cloud.containers
    assert left
    cloud.suite.builder("local", "down", environ={})
    listed = subprocess.run(["docker", "ps", "-aq", "--no-trunc"], capture_output=True, text=True, check=True)
    assert not left & set(listed.stdout.split())
