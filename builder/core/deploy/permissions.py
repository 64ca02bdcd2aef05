"""What push, deploy, status, invoke and remove ask of AWS: the least-privilege policy, and what `check` simulates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from builder import names
from builder.core.deploy import chain, plan_holder, policies
from builder.core.deploy.desired import own_roles
from builder.core.deploy.observed import Identity
from builder.core.deploy.road_permissions import ANYWHERE, Grant, grants

if TYPE_CHECKING:
    from builder.core.config.settings import Settings

# The service that CreateFunction hands the execution role to.
PASSED_TO = "lambda.amazonaws.com"


def deployer(settings: Settings, identity: Identity) -> tuple[Grant, ...]:
    """Everything that the person or the pipeline needs who deploys with these settings, and nothing else.

    Lambda reads a function's image on behalf of the caller and lets itself into the repository the first time, hence
    four of ECR's actions (Lambda, "Amazon ECR permissions"). What finds orphans lists what there is: ECR then asks for
    the permission on all repositories, CloudWatch Logs on all log groups.
    """
    prefix = settings.lambda_prefix
    at = f"{identity.region}:{identity.account}"
    repositories = f"arn:{identity.partition}:ecr:{at}:repository/{prefix}*"
    functions = f"arn:{identity.partition}:lambda:{at}:function:{prefix}*"
    found = [
        Grant(name="Account", actions=_ACCOUNT, resources=(ANYWHERE,)),
        Grant(name="Repositories", actions=_REPOSITORIES, resources=(repositories,)),
        Grant(name="Functions", actions=_FUNCTIONS, resources=(functions,)),
        Grant(name="Logs", actions=_LOGS, resources=(policies.log_groups(identity, prefix),)),
    ]
    if settings.functions.subnets:
        # Lambda asks them on the caller's behalf; they take no resource (Lambda, "Giving functions access to a VPC").
        found.append(Grant(name="Vpc", actions=_VPC, resources=(ANYWHERE,)))
    if roles := tuple(policies.role_arn(identity, role.name) for role in own_roles(settings, identity)):
        found.append(Grant(name="Roles", actions=_ROLES, resources=roles))
    found += _holder(settings, identity)
    execution = settings.execution_role or policies.role_arn(identity, names.execution_role_name(prefix))
    found.append(Grant(name="PassRole", actions=("iam:PassRole",), resources=(execution,), passed_to=PASSED_TO))
    return (*found, *grants(settings.warehouse, identity))


def _holder(settings: Settings, identity: Identity) -> tuple[Grant, ...]:
    """What it takes to attach the invoke role. ARNs of the serverless service hold ids where we know names."""
    if settings.holder is None:
        return ()
    at = f"{identity.region}:{identity.account}"
    role = plan_holder.role(settings, identity)
    found: tuple[Grant, ...]
    if settings.holder.kind == "cluster":
        cluster = f"arn:{identity.partition}:redshift:{at}:cluster:{settings.holder.name}"
        found = (
            # It takes no resource type (Service Authorization Reference, Amazon Redshift).
            Grant(name="Clusters", actions=("redshift:DescribeClusters",), resources=(ANYWHERE,)),
            Grant(name="Cluster", actions=("redshift:ModifyClusterIamRoles",), resources=(cluster,)),
        )
        service = "redshift.amazonaws.com"
    else:
        parts = tuple(
            f"arn:{identity.partition}:redshift-serverless:{at}:{kind}/*" for kind in ("namespace", "workgroup")
        )
        found = (Grant(name="Namespace", actions=_NAMESPACE, resources=parts),)
        service = "redshift-serverless.amazonaws.com"
    return *found, Grant(name="AttachRole", actions=("iam:PassRole",), resources=(role,), passed_to=service)


def document(wanted: tuple[Grant, ...]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": policies.VERSION, "Statement": [_statement(grant) for grant in wanted]}


def documents(settings: Settings, identity: Identity) -> dict[str, Any]:
    """Whom to give what: the deploying identity's policy, and trust and policy of the two roles."""
    prefix = settings.lambda_prefix
    return {
        "deployer": {"policy": document(deployer(settings, identity))},
        "execution_role": {
            "trust": json.loads(policies.execution_trust()),
            "policy": json.loads(policies.execution_policy(identity, prefix, vpc=bool(settings.functions.subnets))),
        },
        "invoke_role": {
            "trust": json.loads(chain.trust(settings, identity)),
            "policy": json.loads(chain.policy(settings, identity)),
        },
    }


def place(settings: Settings, account: str | None = None) -> Identity:
    """The account that documents are written for without asking AWS: a star stands for what nobody told us."""
    region = settings.aws.region or ANYWHERE
    partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rpartition("-")[0].rpartition("-")[0], "aws")
    roles = (settings.aws.assume_role_arn, settings.aws.role_arn, settings.execution_role)
    known = next((arn.split(":")[4] for arn in roles if arn), ANYWHERE)
    return Identity(account=account or known, region=region, partition=partition)


def _statement(grant: Grant) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": grant.name,
        "Effect": "Allow",
        "Action": list(grant.actions),
        "Resource": list(grant.resources),
    }
    if grant.passed_to:
        statement["Condition"] = {"StringEquals": {"iam:PassedToService": grant.passed_to}}
    return statement


_ACCOUNT = ("ecr:DescribeRepositories", "ecr:GetAuthorizationToken", "lambda:ListFunctions", "logs:DescribeLogGroups")
_REPOSITORIES = (
    "ecr:CreateRepository",
    "ecr:DeleteRepository",
    "ecr:DescribeImages",
    "ecr:ListTagsForResource",
    "ecr:TagResource",
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy",
    "ecr:SetRepositoryPolicy",
    "ecr:DeleteRepositoryPolicy",
    "ecr:GetLifecyclePolicy",
    "ecr:PutLifecyclePolicy",
    "ecr:PutImageScanningConfiguration",
    "ecr:PutImageTagMutability",
)
_FUNCTIONS = (
    "lambda:AddPermission",
    "lambda:CreateAlias",
    "lambda:CreateFunction",
    "lambda:DeleteFunction",
    "lambda:GetAlias",
    "lambda:GetFunction",
    "lambda:GetPolicy",
    "lambda:InvokeFunction",
    "lambda:ListVersionsByFunction",
    "lambda:PublishVersion",
    "lambda:RemovePermission",
    "lambda:TagResource",
    "lambda:UpdateAlias",
    "lambda:DeleteFunctionConcurrency",
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:PutFunctionConcurrency",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:UntagResource",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
)
_NAMESPACE = (
    "redshift-serverless:GetNamespace",
    "redshift-serverless:GetWorkgroup",
    "redshift-serverless:UpdateNamespace",
)
_LOGS = (
    "logs:CreateLogGroup",
    "logs:DeleteRetentionPolicy",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
)
_VPC = ("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs")
_ROLES = (
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
)
