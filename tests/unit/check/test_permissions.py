"""The deploying identity's policy: everything that we call, on what is ours, and nothing else."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore import xform_name

from builder.adapters.fake_registry import IDENTITY
from builder.core.config.settings import Aws, Connection, DataApi, Secret, Settings
from builder.core.deploy import permissions

if TYPE_CHECKING:
    from builder.core.deploy.road_permissions import Grant

ADAPTERS = Path(__file__).resolve().parents[3] / "builder" / "adapters"
SETTINGS = Settings(lambda_prefix="dev-", warehouse=Connection(host="h"))
ROLE = "arn:aws:iam::123456789012:role/path/run"
# Operations that take no permission of the deploying identity's: STS answers everybody, and simulating is optional.
FREE = {"get_caller_identity", "simulate_principal_policy"}
SERVICES = ("ecr", "iam", "lambda", "logs", "redshift", "redshift-data", "redshift-serverless", "sts")
CLUSTER = replace(SETTINGS, warehouse=DataApi(cluster_identifier="maps", user="u"))
IDENTIFIED = replace(SETTINGS, warehouse=DataApi(cluster_identifier="maps"))
WORKGROUP = replace(SETTINGS, warehouse=DataApi(workgroup="maps"))


def actions(grants: tuple[Grant, ...]) -> set[str]:
    return {action for grant in grants for action in grant.actions}


def operations() -> dict[str, set[str]]:
    """IAM actions by operation, as boto3 spells it; services share a few names."""
    found: dict[str, set[str]] = {}
    for service in SERVICES:
        for name in botocore.session.get_session().get_service_model(service).operation_names:
            found.setdefault(xform_name(name), set()).add(f"{service}:{name}")
    return found


def waiters() -> dict[str, str]:
    """The operation that each of Lambda's waiters polls, as boto3 spells both."""
    model = botocore.session.get_session().get_waiter_model("lambda")
    return {xform_name(name): xform_name(model.get_waiter(name).operation) for name in model.waiter_names}


def called() -> set[str]:
    """Every operation that an adapter calls by name, or waits by."""
    known, polled = operations(), waiters()
    found = set()
    for path in ADAPTERS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in polled:
                found.add(polled[str(node.value)])
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "call" in node.func.attr:
                found |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)} & set(known)
    return found


def test_the_scan_sees_the_calls() -> None:
    assert {"create_function", "create_role", "get_authorization_token", "invoke", "list_functions"} <= called()


@pytest.mark.parametrize("operation", sorted(called() - FREE))
def test_every_operation_that_we_call_is_permitted(operation: str) -> None:
    # Invoke is the one whose action has another name (Service Authorization Reference, AWS Lambda).
    wanted = {"lambda:InvokeFunction"} if operation == "invoke" else operations()[operation]
    every = {
        action for each in (CLUSTER, IDENTIFIED, WORKGROUP) for action in actions(permissions.deployer(each, IDENTITY))
    }
    assert wanted & every, f"permissions.py lacks {wanted}"


def test_nothing_is_permitted_that_we_never_call() -> None:
    ours = {action for operation in called() for action in operations()[operation]}
    # What no call of ours names: tags given at a creation, a role handed over, the registry's protocol, and what Lambda
    # does with a repository on the caller's behalf (Service Authorization Reference, "Dependent actions").
    implied = {"ecr:TagResource", "iam:PassRole", "iam:TagRole", "lambda:InvokeFunction"}
    registry = (
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
    )
    image = ("BatchGetImage", "GetDownloadUrlForLayer", "GetRepositoryPolicy", "SetRepositoryPolicy")
    implied |= {f"ecr:{name}" for name in (*registry, *image)}
    for settings in (SETTINGS, CLUSTER, IDENTIFIED, WORKGROUP):
        assert actions(permissions.deployer(settings, IDENTITY)) <= ours | implied


def test_only_what_has_no_resource_may_be_done_anywhere() -> None:
    anywhere = [grant for grant in permissions.deployer(CLUSTER, IDENTITY) if grant.resources == ("*",)]
    # Two list what there is; the rest takes no resource type (Service Authorization Reference, ECR, Lambda, CloudWatch
    # Logs, Redshift and its Data API).
    assert actions(tuple(anywhere)) == {
        "ecr:DescribeRepositories",
        "ecr:GetAuthorizationToken",
        "lambda:ListFunctions",
        "logs:DescribeLogGroups",
        "redshift:DescribeClusters",
        "redshift-data:CancelStatement",
        "redshift-data:DescribeStatement",
        "redshift-data:GetStatementResult",
    }


@pytest.mark.parametrize(
    ("settings", "resource", "service"),
    [
        (CLUSTER, "arn:aws:redshift:eu-west-1:123456789012:cluster:maps", "redshift.amazonaws.com"),
        (
            WORKGROUP,
            "arn:aws:redshift-serverless:eu-west-1:123456789012:namespace/*",
            "redshift-serverless.amazonaws.com",
        ),
    ],
)
def test_the_invoke_role_may_be_handed_to_the_one_redshift_that_the_settings_name(
    settings: Settings, resource: str, service: str
) -> None:
    grants = permissions.deployer(settings, IDENTITY)
    assert resource in {each for grant in grants for each in grant.resources}
    (attaching,) = (grant for grant in grants if grant.name == "AttachRole")
    assert (attaching.resources, attaching.passed_to) == (
        ("arn:aws:iam::123456789012:role/DevRedshiftInvokeRole",),
        service,
    )


def test_resources_are_those_of_the_prefix() -> None:
    found = {grant.name: grant.resources for grant in permissions.deployer(SETTINGS, IDENTITY)}
    assert found == {
        "Account": ("*",),
        "Repositories": ("arn:aws:ecr:eu-west-1:123456789012:repository/dev-*",),
        "Functions": ("arn:aws:lambda:eu-west-1:123456789012:function:dev-*",),
        "Logs": ("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/dev-*",),
        "Roles": (
            "arn:aws:iam::123456789012:role/DevLambdaExecutionRole",
            "arn:aws:iam::123456789012:role/DevRedshiftInvokeRole",
        ),
        "PassRole": ("arn:aws:iam::123456789012:role/DevLambdaExecutionRole",),
    }


def test_who_is_given_both_roles_may_change_no_role() -> None:
    grants = permissions.deployer(replace(SETTINGS, execution_role=ROLE, invoke_role=ROLE), IDENTITY)
    assert {action for action in actions(grants) if action.startswith("iam:")} == {"iam:PassRole"}
    assert grants[-1].resources == (ROLE,)


def test_a_role_is_passed_to_lambda_only() -> None:
    statement = permissions.document(permissions.deployer(SETTINGS, IDENTITY))["Statement"][-1]
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def test_the_policy_fits_into_a_managed_policy() -> None:
    # IAM quotas: 6,144 characters for a managed policy, white space not counted.
    longest = replace(CLUSTER, lambda_prefix="x" * 30 + "-")
    document = permissions.document(permissions.deployer(longest, IDENTITY))
    assert len(json.dumps(document, separators=(",", ":"))) <= 6144


def test_samples_hold_no_star_where_there_is_a_name() -> None:
    for grant in permissions.deployer(SETTINGS, IDENTITY):
        assert grant.samples == ("*",) or not [each for each in grant.samples if "*" in each]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), (None, "aws")],
)
def test_the_partition_follows_from_the_region(region: str | None, partition: str) -> None:
    assert permissions.place(Settings(aws=Aws(region=region))).partition == partition


def test_the_account_is_a_roles_or_anyones() -> None:
    assert permissions.place(Settings()).account == "*"
    assert permissions.place(Settings(aws=Aws(assume_role_arn=ROLE))).account == "123456789012"
    assert permissions.place(Settings(execution_role=ROLE), "210987654321").account == "210987654321"


def test_the_roles_documents_are_the_ones_that_deploy_makes() -> None:
    found = permissions.documents(SETTINGS, IDENTITY)
    assert found["invoke_role"]["policy"]["Statement"]["Resource"] == (
        "arn:aws:lambda:eu-west-1:123456789012:function:dev-*"
    )
    assert found["execution_role"]["trust"]["Statement"]["Principal"] == {"Service": "lambda.amazonaws.com"}


# Service Authorization Reference: actions and resource types of the three services.
@pytest.mark.parametrize(
    ("road", "expected"),
    [
        (Connection(host="h", user="u", password=Secret("p")), {}),
        (
            DataApi(cluster_identifier="maps", user="u", database="gis"),
            {
                "redshift-data:ExecuteStatement": {"arn:aws:redshift:eu-west-1:123456789012:cluster:maps"},
                "redshift-data:DescribeStatement": {"*"},
                "redshift:GetClusterCredentials": {
                    "arn:aws:redshift:eu-west-1:123456789012:dbuser:maps/u",
                    "arn:aws:redshift:eu-west-1:123456789012:dbname:maps/gis",
                },
            },
        ),
        (
            Connection(host="h", cluster_identifier="maps"),
            {"redshift:GetClusterCredentialsWithIAM": {"arn:aws:redshift:eu-west-1:123456789012:dbname:maps/dev"}},
        ),
        (
            DataApi(workgroup="maps", secret_arn="arn:secret"),
            {
                "redshift-data:BatchExecuteStatement": {
                    "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/*"
                },
                "secretsmanager:GetSecretValue": {"arn:secret"},
            },
        ),
        (
            Connection(host="h", workgroup="maps"),
            {"redshift-serverless:GetCredentials": {"arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/*"}},
        ),
    ],
)
def test_a_road_asks_for_what_it_calls(road: Connection | DataApi, expected: dict[str, set[str]]) -> None:
    found = {
        action: set(grant.resources)
        for grant in permissions.deployer(replace(SETTINGS, warehouse=road), IDENTITY)
        for action in grant.actions
        if action.startswith(("redshift", "secretsmanager"))
    }
    assert expected.items() <= found.items()
    services = {action.partition(":")[0] for action in found}
    attaching = {"redshift", "redshift-serverless"}
    assert services - attaching == {action.partition(":")[0] for action in expected} - attaching
