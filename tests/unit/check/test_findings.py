"""Lines of `builder check`: the Region's, the exit code's, and what people read."""

from __future__ import annotations

import pytest

from builder.adapters.fake_registry import IDENTITY  # eu-west-1, account 123456789012
from builder.core.config.settings import Connection, DataApi
from builder.core.deploy import findings
from builder.errors import AwsError, EngineError, Problem, SettingsError

CLUSTER = "maps.c1a2b3.{}.redshift.amazonaws.com"
WORKGROUP = "maps.{}.eu-west-1.redshift-serverless.amazonaws.com"


def at(endpoint: str, part: str) -> Connection:
    return Connection(host=endpoint.format(part))


@pytest.mark.parametrize(
    ("host", "state"),
    [
        (CLUSTER.format("eu-west-1"), "ok"),
        (CLUSTER.format("eu-west-1").upper(), "ok"),
        (CLUSTER.format("eu-west-2"), "failed"),
        (CLUSTER.format("cn-north-1") + ".cn", "failed"),
        (CLUSTER.format("us-gov-west-1"), "failed"),
        (WORKGROUP.format("123456789012"), "ok"),
        (WORKGROUP.format("210987654321"), "failed"),
        ("localhost", "skipped"),
        ("10.0.0.7", "skipped"),
        ("redshift.example.com", "skipped"),
        (None, "skipped"),
    ],
)
def test_redshift_is_looked_for_where_the_lambdas_go(host: str | None, state: str) -> None:
    road = None if host is None else Connection(host=host)
    assert findings.region(road, "eu-west-1", IDENTITY).state == state


def test_the_data_api_is_asked_where_the_lambdas_are() -> None:
    assert findings.region(DataApi(workgroup="maps"), "eu-west-1", IDENTITY).state == "ok"


def test_the_remedy_names_the_region_and_the_account() -> None:
    assert "AWS_REGION=eu-west-2" in findings.region(at(CLUSTER, "eu-west-2"), "eu-west-1", IDENTITY).hint
    assert "210987654321" in findings.region(at(WORKGROUP, "210987654321"), "eu-west-1", IDENTITY).hint


def test_without_an_identity_the_account_is_left_alone() -> None:
    assert findings.region(at(WORKGROUP, "210987654321"), "eu-west-1", None).state == "ok"


def test_the_exit_code_is_the_first_failures() -> None:
    found = [
        findings.ok("a", "fine"),
        findings.skipped("b", "not asked"),
        findings.failed("c", AwsError("no")),
        findings.failed("d", EngineError("no")),
    ]
    assert findings.exit_code(found) == AwsError.exit_code
    assert findings.exit_code(found[:2]) == 0


def test_all_problems_of_an_error_are_in_its_line() -> None:
    problems = (Problem(where="RS_HOST", what="is off", hint="turn it on"), Problem(what="is late", hint="turn it on"))
    assert findings.text([findings.failed("x", SettingsError(problems=problems))]).split("\n") == [
        f"failed   {'x':<24} RS_HOST: is off; is late",
        " " * 33 + " turn it on",
    ]
