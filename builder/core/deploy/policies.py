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

MANAGED_BY = Tag(key="managed-by", value="analytics-toolbox-gateway")
PREFIX_TAG = "gateway-prefix"


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
    return canonical(_trust("lambda.amazonaws.com"))


def invoke_trust() -> str:
    """A cluster assumes the role as redshift, a workgroup as redshift-serverless; either may be behind the host."""
    return canonical(_trust("redshift.amazonaws.com", "redshift-serverless.amazonaws.com"))


def execution_policy(identity: Identity, prefix: str) -> str:
    """Write logs, and only to the log groups of functions with our prefix.

    The star spans colons in an ARN's last part, so that it covers a group's streams too.
    """
    groups = f"arn:{identity.partition}:logs:{identity.region}:{identity.account}:log-group:/aws/lambda/{prefix}*"
    writing = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    return canonical(_policy(_allow(*writing, resource=groups)))


def invoke_policy(identity: Identity, prefix: str) -> str:
    """Call the functions with our prefix in this account and Region, and nothing else.

    A pattern, not a list of ARNs: inline policies of a role hold 10,240 characters in all (IAM quotas), which two
    hundred names fill; two deploys of different modules would overwrite one another's list; and a new function would
    be refused until the changed policy has spread. The prefix is what says that a function is ours, here as elsewhere.
    """
    functions = f"arn:{identity.partition}:lambda:{identity.region}:{identity.account}:function:{prefix}*"
    return canonical(_policy(_allow("lambda:InvokeFunction", resource=functions)))


def role_arn(identity: Identity, name: str) -> str:
    """The ARN of a role of ours, which has no path: known before the role is there."""
    return f"arn:{identity.partition}:iam::{identity.account}:role/{name}"


def ownership(prefix: str) -> tuple[Tag, ...]:
    """The tags of everything that we create. The prefix tells two installations in one account apart."""
    return (MANAGED_BY, Tag(key=PREFIX_TAG, value=prefix))


def function_tags(prefix: str, module: str, content_hash: str) -> tuple[Tag, ...]:
    """A Lambda's tags: whose it is, which module, and what it was built from."""
    return (*ownership(prefix), Tag(key="gateway-module", value=module), Tag(key="content-hash", value=content_hash))


def is_ours(tags: tuple[Tag, ...], prefix: str) -> bool:
    """Whether we made the resource that carries these tags."""
    return set(ownership(prefix)) <= set(tags)


def _trust(*services: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement]}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": VERSION, "Statement": list(statements)}


def _allow(*actions: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
