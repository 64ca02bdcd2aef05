"""Trust and permission documents, and the tags that mark what is ours.

Documents are compared as canonical JSON: IAM may give a list of one back as a bare string, and lists in another order.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from builder.core.deploy.actions import Tag

if TYPE_CHECKING:
    from builder.core.deploy.observed import Identity

VERSION = "2012-10-17"
# The names of the inline policies in our roles, and of the statement in a function's resource policy.
EXECUTION_POLICY = "logs"
INVOKE_POLICY = "invoke"
INVOKE_STATEMENT = "redshift-invoke"
# A cluster, and a workgroup.
REDSHIFT = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")

# In a repository's policy; the statements of others stay. AWS's samples use letters and digits.
REPOSITORY_STATEMENTS = ("GatewayAccounts", "GatewayLambda")
# Days. An image without a tag is what a push left that broke off.
UNTAGGED_DAYS = 14

MANAGED_BY = Tag(key="managed-by", value="analytics-toolbox-gateway")
PREFIX_TAG = "gateway-prefix"
MODULE_TAG = "gateway-module"
TAGS_TAG = "gateway-tags"
RETENTION_TAG = "gateway-log-retention"
_INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


def canonical(document: Any) -> str:
    """One text for all spellings of a policy document: keys and lists sorted, a list of one as its member."""
    return json.dumps(_sorted(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(member) for key, member in value.items()}
    if isinstance(value, list):
        members = sorted((_sorted(member) for member in value), key=lambda member: json.dumps(member, sort_keys=True))
        return members[0] if len(members) == 1 else members
    return value


def execution_trust() -> str:
    """Lambda runs the functions under the execution role."""
    return canonical(_trust({"Service": "lambda.amazonaws.com"}))


def invoke_trust() -> str:
    """A cluster assumes the role as redshift, a workgroup as redshift-serverless; either may be behind the host."""
    return canonical(_trust({"Service": list(REDSHIFT)}))


def role_trust(role: str) -> str:
    """Another role, which goes through this one."""
    return canonical(_trust({"AWS": role}))


def log_groups(identity: Identity, prefix: str) -> str:
    """Those that the functions write to, as Lambda names them."""
    return f"arn:{identity.partition}:logs:{identity.region}:{identity.account}:log-group:/aws/lambda/{prefix}*"


def execution_policy(identity: Identity, prefix: str, *, vpc: bool = False) -> str:
    """Write logs, and only to the log groups of functions with our prefix; in a VPC, make and delete interfaces.

    The star spans colons in an ARN's last part, so that it covers a group's streams too.
    """
    groups = log_groups(identity, prefix)
    writing = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    statements = [_allow(*writing, resource=groups)]
    if vpc:
        # The actions of AWSLambdaVPCAccessExecutionRole; they take no resource that were known before.
        statements.append(_allow(*_INTERFACES, resource="*"))
    return canonical(_policy(*statements))


def invoke_policy(identity: Identity, prefix: str) -> str:
    """Call the functions with our prefix in this account and Region, and nothing else.

    A pattern, not a list of ARNs: inline policies of a role hold 10,240 characters in all (IAM quotas), which two
    hundred names fill; two deploys of different modules would overwrite one another's list; and a new function would
    be refused until the changed policy has spread. The prefix is what says that a function is ours, here as elsewhere.
    """
    functions = f"arn:{identity.partition}:lambda:{identity.region}:{identity.account}:function:{prefix}*"
    return canonical(_policy(_allow("lambda:InvokeFunction", resource=functions)))


def assume_policy(role: str) -> str:
    """Go on through another role, and nothing else."""
    return canonical(_policy(_allow("sts:AssumeRole", resource=role)))


def lifecycle() -> str:
    """A rule that can never expire an image that runs, or ran: it takes untagged ones alone.

    Every image that we push carries a tag made of its digest, and in a repository of immutable tags none can be moved
    off it. A rule by count or by age would sooner or later meet a digest that a function or a release still needs;
    Lambda then fails the function (Lambda, "Function states").
    """
    selection = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": UNTAGGED_DAYS,
    }
    what = "Untagged images: no function runs one, and no release leads back to one"
    rule = {"rulePriority": 1, "description": what, "selection": selection, "action": {"type": "expire"}}
    return canonical({"rules": [rule]})


def repository_policy(identity: Identity, accounts: tuple[str, ...]) -> str | None:
    """Lets other accounts' Lambda functions run the images; None where there are none.

    Both are needed (Lambda, "Amazon ECR cross-account permissions"): the account's, for whoever creates the function,
    and the service's, which reads the image again when the function has been idle.
    """
    if not accounts:
        return None
    roots = [f"arn:{identity.partition}:iam::{account}:root" for account in accounts]
    sources = [f"arn:{identity.partition}:lambda:{identity.region}:{account}:function:*" for account in accounts]
    reading = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    people, service = REPOSITORY_STATEMENTS
    return canonical(
        {
            "Version": VERSION,
            "Statement": [
                {"Sid": people, "Effect": "Allow", "Principal": {"AWS": roots}, "Action": reading},
                {
                    "Sid": service,
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": reading,
                    "Condition": {"StringLike": {"aws:sourceARN": sources}},
                },
            ],
        }
    )


def ours_in(document: Any) -> str | None:
    """Our statements of a repository's policy, as a document; None where it has none."""
    statements = document.get("Statement", []) if document else []
    found = [each for each in listed(statements) if each.get("Sid") in REPOSITORY_STATEMENTS]
    return canonical({"Version": VERSION, "Statement": found}) if found else None


def merged(document: Any, ours: str | None) -> str | None:
    """The policy with our statements replaced by these; None where no statement is left."""
    kept = [
        each for each in listed((document or {}).get("Statement", [])) if each.get("Sid") not in REPOSITORY_STATEMENTS
    ]
    new = listed(json.loads(ours)["Statement"]) if ours else []
    if not kept and not new:
        return None
    return json.dumps({**(document or {"Version": VERSION}), "Statement": [*kept, *new]})


def listed(value: Any) -> list[Any]:
    """IAM takes one member bare, without a list around it."""
    return list(value) if isinstance(value, list) else [value]


def role_arn(identity: Identity, name: str) -> str:
    """The ARN of a role of ours, which has no path: known before the role is there."""
    return f"arn:{identity.partition}:iam::{identity.account}:role/{name}"


def function_arn(identity: Identity, reference: str) -> str:
    """The ARN of a Lambda function of this account, with its alias where it has one."""
    return f"arn:{identity.partition}:lambda:{identity.region}:{identity.account}:function:{reference}"


def ownership(prefix: str) -> tuple[Tag, ...]:
    """The tags of everything that we create. The prefix tells two installations in one account apart."""
    return (MANAGED_BY, Tag(key=PREFIX_TAG, value=prefix))


def function_tags(prefix: str, module: str, content_hash: str) -> tuple[Tag, ...]:
    """A Lambda's tags: whose it is, which module, and what it was built from."""
    return (*ownership(prefix), Tag(key=MODULE_TAG, value=module), Tag(key="content-hash", value=content_hash))


def kept_tags(tags: tuple[tuple[str, str], ...], log_retention: int | None) -> tuple[Tag, ...]:
    """The author's tags, and what lets us take back later what only we have set."""
    found = [Tag(key=key, value=value) for key, value in tags]
    if tags:
        found.append(Tag(key=TAGS_TAG, value=" ".join(key.replace(" ", "_") for key, _ in tags)))
    if log_retention is not None:
        found.append(Tag(key=RETENTION_TAG, value=str(log_retention)))
    return tuple(found)


def is_ours(tags: tuple[Tag, ...], prefix: str) -> bool:
    """Whether we made the resource that carries these tags."""
    return set(ownership(prefix)) <= set(tags)


def _trust(principal: dict[str, Any]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement]}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": VERSION, "Statement": list(statements)}


def _allow(*actions: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
