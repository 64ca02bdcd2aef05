"""External functions against the IAM of the local cloud: what is refused, and when what was wrong is put right.

Expectations: see tests/unit/local/test_iam_gate.py; here real roles, policies and the emulator's answers.
"""

from __future__ import annotations

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

OWN, OTHER = "000000000000", "123456789012"
REDSHIFT = {"Service": "redshift.amazonaws.com"}
INVOKE = {"Action": "lambda:InvokeFunction", "Resource": f"arn:aws:lambda:us-east-1:{OWN}:function:echo-*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def trusted(principal: Any) -> str:
    return document({"Action": "sts:AssumeRole", "Principal": principal})


class Cloud:
    """The local cloud with no Lambda function: a call that IAM lets through is refused by Lambda."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        names = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER", "password": "PASSWORD"}
        words = {word: environ[f"RS_{name}"] for word, name in names.items()}
        self.connection = psycopg.connect(psycopg.conninfo.make_conninfo(**words), autocommit=True)
        self.redshift = self.client("redshift", "AWS_ENDPOINT_URL_REDSHIFT")
        self.iam = self.client("iam", "AWS_ENDPOINT_URL")

    def client(self, service: str, endpoint: str, *, account: str = OWN) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.environ[endpoint],
            region_name="us-east-1",
            aws_access_key_id=account,
            aws_secret_access_key="test",
        )

    def role(self, name: str, trust: str, *policies: str, account: str = OWN) -> str:
        iam = self.client("iam", "AWS_ENDPOINT_URL", account=account)
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        for index, policy in enumerate(policies):
            iam.put_role_policy(RoleName=name, PolicyName=f"p{index}", PolicyDocument=policy)
        return str(made["Role"]["Arn"])

    def attach(self, *arns: str, **more: str) -> None:
        self.redshift.modify_cluster_iam_roles(ClusterIdentifier="local", AddIamRoles=list(arns), **more)

    def create(self, role: str, function: str = "echo-one") -> None:
        words = role if role == "default" else f"'{role}'"
        self.connection.execute(
            f"CREATE OR REPLACE EXTERNAL FUNCTION echo(INT) RETURNS INT VOLATILE LAMBDA '{function}' IAM_ROLE {words}"
        )

    def refused(self, role: str, function: str = "echo-one") -> str:
        with pytest.raises(psycopg.Error) as caught:
            self.create(role, function)
        assert caught.value.sqlstate == "XX000"
        return str(caught.value)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    suite = Suite(Path(__file__).parents[2], ("functions",))
    try:
        made = Cloud(suite.cloud)
        with made.connection:
            yield made
    finally:
        suite.close()


def test_a_role_is_made_trusted_attached_and_allowed_step_by_step(cloud: Cloud) -> None:
    arn = f"arn:aws:iam::{OWN}:role/steps"
    assert f"The requested role {arn} is not associated to cluster" in cloud.refused(arn)
    cloud.attach(arn)
    assert f"Not authorized to get credentials of role {arn}" in cloud.refused(arn)
    assert cloud.role("steps", trusted({"Service": "lambda.amazonaws.com"})) == arn
    assert "lets neither redshift.amazonaws.com" in cloud.refused(arn)
    cloud.iam.update_assume_role_policy(RoleName="steps", PolicyDocument=trusted(REDSHIFT))
    session = f"arn:aws:sts::{OWN}:assumed-role/steps/RedshiftIamRoleSession"
    resource = f"arn:aws:lambda:us-east-1:{OWN}:function:echo-one"
    said = f"User: {session} is not authorized to perform: lambda:InvokeFunction on resource: {resource}"
    assert f"{said} because no identity-based policy allows the lambda:InvokeFunction action" in cloud.refused(arn)
    cloud.iam.put_role_policy(RoleName="steps", PolicyName="invoke", PolicyDocument=document(INVOKE))
    cloud.create(arn)
    # IAM has let it through: now it is Lambda who has no such function.
    with pytest.raises(psycopg.Error, match="ResourceNotFound"):
        cloud.connection.execute("SELECT echo(1)")
    assert "is not authorized to perform" in cloud.refused(arn, "other-function")


def test_a_managed_policy_and_one_that_denies(cloud: Cloud) -> None:
    arn = cloud.role("managed", trusted(REDSHIFT))
    cloud.attach(arn)
    policy = cloud.iam.create_policy(PolicyName="may-echo", PolicyDocument=document(INVOKE))["Policy"]["Arn"]
    cloud.iam.attach_role_policy(RoleName="managed", PolicyArn=policy)
    cloud.create(arn)
    denies = document({"Effect": "Deny", "Action": "lambda:*", "Resource": "*"})
    cloud.iam.put_role_policy(RoleName="managed", PolicyName="no", PolicyDocument=denies)
    assert "with an explicit deny in an identity-based policy" in cloud.refused(arn)


def test_the_default_role(cloud: Cloud) -> None:
    assert "no role is the default" in cloud.refused("default")
    arn = cloud.role("standard", trusted(REDSHIFT), document(INVOKE))
    cloud.attach(arn, DefaultIamRoleArn=arn)
    cloud.create("default")
    cloud.redshift.modify_cluster_iam_roles(ClusterIdentifier="local", RemoveIamRoles=[arn])
    assert "no role is the default" in cloud.refused("default")


def test_a_chain_into_another_account(cloud: Cloud) -> None:
    second = f"arn:aws:iam::{OTHER}:role/theirs"
    first = cloud.role("first", trusted(REDSHIFT), document({"Action": "sts:AssumeRole", "Resource": second}))
    cloud.attach(first)
    chain = f"{first},{second}"
    assert f"Not authorized to get credentials of role {second}" in cloud.refused(chain)
    invoke = document({"Action": "lambda:InvokeFunction", "Resource": "*"})
    assert cloud.role("theirs", trusted({"AWS": first}), invoke, account=OTHER) == second
    cloud.create(chain)
    assert f"Not authorized to get credentials of role {second}" in cloud.refused(f"{cloud_role(cloud)},{second}")


def cloud_role(cloud: Cloud) -> str:
    """Attached and trusted by Redshift, but not by the second role."""
    arn = cloud.role("stranger", trusted(REDSHIFT), document({"Action": "sts:AssumeRole", "Resource": "*"}))
    cloud.attach(arn)
    return arn
