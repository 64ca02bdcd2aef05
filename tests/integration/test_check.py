"""`builder check` against the local cloud."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.integration import command_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ACCOUNT = "000000000000"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    ],
}


def builder(folder: Path, environ: Mapping[str, str], *words: str) -> tuple[int, str]:
    """Exit code and standard output of a command line."""
    done = command_line.builder(folder, {"PATH": os.environ["PATH"], "HOME": str(folder), **environ}, *words)
    return done.code, done.out


def states(out: str) -> dict[str, str]:
    return {each["topic"]: each["state"] for each in json.loads(out)}


@pytest.mark.cloud
def test_a_local_cloud_is_fit_to_deploy(tmp_path: Path, local_cloud: Mapping[str, str]) -> None:
    code, out = builder(tmp_path, local_cloud, "check", "--format", "json")
    assert code == 0, out
    assert states(out) == {
        "engine": "ok",
        "credentials": "ok",
        "permissions": "skipped",  # the emulator's keys are root's
        "registry": "ok",
        "region": "skipped",
        "redshift": "ok",
        "redshift: privileges": "ok",
    }


@pytest.mark.cloud
def test_a_wrong_password_is_redshifts_failure_and_is_not_printed(
    tmp_path: Path, local_cloud: Mapping[str, str]
) -> None:
    code, out = builder(tmp_path, {**local_cloud, "RS_PASSWORD": "hush"}, "check")
    assert code == 7
    assert "hush" not in out


@pytest.mark.cloud
def test_the_printed_policy_is_enough_and_less_is_named(tmp_path: Path, local_cloud: Mapping[str, str]) -> None:
    environ = {**local_cloud, "RS_LAMBDA_PREFIX": "ci-check-"}
    _, out = builder(tmp_path, environ, "check", "--print-policy", "--account", ACCOUNT, "--format", "json")
    policy = json.loads(out)["deployer"]["policy"]
    simulate = {"Effect": "Allow", "Action": ["iam:SimulatePrincipalPolicy", "iam:GetRole"], "Resource": "*"}
    for statement in policy["Statement"]:
        statement.pop("Condition", None)  # the emulator's simulator does not read the context that we send
    less = [each for each in policy["Statement"] if each["Sid"] != "Repositories"]
    found = {}
    iam = iam_of(local_cloud)
    for name, statements in (("CiCheckFull", policy["Statement"]), ("CiCheckLess", less)):
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        document = {"Version": "2012-10-17", "Statement": [*statements, simulate]}
        try:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
            found[name] = builder(tmp_path, {**environ, "AWS_ASSUME_ROLE_ARN": arn}, "check", "--format", "json")
        finally:
            iam.delete_role_policy(RoleName=name, PolicyName="p")
            iam.delete_role(RoleName=name)
    assert found["CiCheckFull"][0] == 0, found["CiCheckFull"][1]
    code, out = found["CiCheckLess"]
    denied = [topic for topic, state in states(out).items() if state == "failed" and topic.startswith("permissions")]
    assert (code, denied) == (6, ["permissions: Repositories"])


def iam_of(environ: Mapping[str, str]) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        region_name=environ["AWS_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )
