"""IAM roles: read, create, change, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from builder.adapters import aws_errors
from builder.adapters.patience import Patience
from builder.core.deploy.actions import Tag
from builder.core.deploy.observed import RoleState
from builder.core.deploy.policies import canonical

if TYPE_CHECKING:
    from builder.adapters.aws import Aws
    from builder.core.deploy.actions import CreateRole

_ABSENT = ("NoSuchEntity",)


class Roles(Protocol):
    """IAM, as far as we need it. Every method raises AwsError."""

    def get(self, name: str, policies: tuple[str, ...]) -> RoleState | None:
        """A role with its tags and those of its inline policies that are asked for; None where there is none."""

    def create(self, action: CreateRole) -> str:
        """Gives the ARN."""

    def trust(self, name: str, document: str) -> None:
        """Sets who may assume it."""

    def put_policy(self, name: str, policy: str, document: str) -> None:
        """Sets an inline policy."""

    def delete(self, name: str, policies: tuple[str, ...]) -> None:
        """Deletes these inline policies and the role. A role that is not there is no error."""


class IamRoles:
    """IAM through boto3."""

    def __init__(self, aws: Aws, *, patience: Patience | None = None) -> None:
        self._aws = aws
        self._patience = patience or Patience()

    def get(self, name: str, policies: tuple[str, ...]) -> RoleState | None:
        answer = self._call("get_role", name, absent=_ABSENT)
        if answer is None:
            return None
        role = answer["Role"]
        found = (
            (policy, self._call("get_role_policy", name, absent=_ABSENT, PolicyName=policy)) for policy in policies
        )
        return RoleState(
            name=name,
            arn=role["Arn"],
            # botocore has decoded the documents already.
            trust=canonical(role["AssumeRolePolicyDocument"]),
            policies=tuple((policy, canonical(each["PolicyDocument"])) for policy, each in found if each),
            tags=tuple(Tag(key=tag["Key"], value=tag["Value"]) for tag in role.get("Tags", ())),
        )

    def create(self, action: CreateRole) -> str:
        answer = self._call(
            "create_role",
            action.name,
            absent=("EntityAlreadyExists",),
            AssumeRolePolicyDocument=action.trust,
            Description=action.description,
            Tags=[{"Key": tag.key, "Value": tag.value} for tag in action.tags],
        )
        # It exists: an answer was lost on its way here and botocore asked again.
        role = (answer or self._call("get_role", action.name))["Role"]
        return str(role["Arn"])

    def trust(self, name: str, document: str) -> None:
        self._call("update_assume_role_policy", name, PolicyDocument=document)

    def put_policy(self, name: str, policy: str, document: str) -> None:
        # A role made a moment ago may not be known to the next call yet.
        self._patience.until(
            lambda: self._call("put_role_policy", name, PolicyName=policy, PolicyDocument=document),
            transient=lambda error: aws_errors.code(error.__cause__ or error) in _ABSENT,
        )

    def delete(self, name: str, policies: tuple[str, ...]) -> None:
        for policy in policies:
            self._call("delete_role_policy", name, absent=_ABSENT, PolicyName=policy)
        self._call("delete_role", name, absent=_ABSENT)

    def _call(self, operation: str, name: str, *, absent: tuple[str, ...] = (), **parameters: Any) -> Any:
        return self._aws.call("iam", operation, about=f"role {name}", absent=absent, RoleName=name, **parameters)
