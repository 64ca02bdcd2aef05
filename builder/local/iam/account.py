"""What IAM and Lambda hold of roles and functions: read from the emulator, or from memory for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from builder.local.cloud.parts import KEYS
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Role:
    """Documents as JSON: who may assume it, what it may do, and what it may do at most ("" for no boundary)."""

    arn: str
    trust: str
    policies: tuple[str, ...] = ()
    boundary: str = ""


class Iam(Protocol):
    """Raises SqlError 08006 where nobody answers."""

    def role(self, arn: str) -> Role | None:
        """None where there is none."""

    def function_policy(self, arn: str) -> str:
        """The resource policy of a Lambda function; "" for none."""

    def bucket_policy(self, bucket: str) -> str:
        """The policy of a bucket of S3; "" for none."""


@dataclass
class FakeIam:
    """In memory. `asked` counts the questions."""

    roles: dict[str, Role] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    buckets: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def role(self, arn: str) -> Role | None:
        self.asked += 1
        return self.roles.get(arn)

    def function_policy(self, arn: str) -> str:
        self.asked += 1
        return self.functions.get(arn, "")

    def bucket_policy(self, bucket: str) -> str:
        self.asked += 1
        return self.buckets.get(bucket, "")


@dataclass
class EmulatedIam:
    """The emulator's. It takes a twelve-digit access key for the number of the account (ministack, README)."""

    region: str
    endpoint_url: str
    account: str = "000000000000"
    clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def role(self, arn: str) -> Role | None:
        iam = self._client("iam", arn)
        name = arn.rpartition("/")[2]
        answer = _asked(lambda: iam.get_role(RoleName=name))
        if answer is None or answer["Role"]["Arn"] != arn:
            return None
        role = answer["Role"]
        inline = [
            _asked(lambda name_=each: iam.get_role_policy(RoleName=name, PolicyName=name_))  # type: ignore[misc]  # bound at once
            for each in _all(iam, "list_role_policies", "PolicyNames", name)
        ]
        attached = [each["PolicyArn"] for each in _all(iam, "list_attached_role_policies", "AttachedPolicies", name)]
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        return Role(
            arn=arn,
            trust=_json(role["AssumeRolePolicyDocument"]),
            policies=tuple(_json(each["PolicyDocument"]) for each in inline if each is not None)
            + tuple(_managed(iam, each) for each in attached),
            boundary=_managed(iam, boundary) if boundary else "",
        )

    def function_policy(self, arn: str) -> str:
        parts = arn.split(":")
        given = {"FunctionName": parts[6], **({"Qualifier": parts[7]} if len(parts) > 7 else {})}  # noqa: PLR2004 - an ARN's
        answer = _asked(lambda: self._client("lambda", arn).get_policy(**given))
        return str(answer["Policy"]) if answer is not None else ""

    def bucket_policy(self, bucket: str) -> str:
        s3 = self._of("s3", self.account)
        answer = _asked(lambda: s3.get_bucket_policy(Bucket=bucket))
        return str(answer["Policy"]) if answer is not None else ""

    def _client(self, service: str, arn: str) -> Any:
        return self._of(service, arn.split(":")[4])

    def _of(self, service: str, account: str) -> Any:
        import boto3  # noqa: PLC0415 - slow to load, and an endpoint without external functions never asks
        from botocore.config import Config  # noqa: PLC0415

        if (service, account) not in self.clients:
            self.clients[service, account] = boto3.client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint_url,
                aws_access_key_id=account,
                aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
                # An emulator at localhost has no host name for every bucket.
                config=Config(s3={"addressing_style": "path"}),
            )
        return self.clients[service, account]


_ABSENT = {"NoSuchEntity", "ResourceNotFoundException", "NoSuchBucketPolicy", "NoSuchBucket"}


def _asked(call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise SqlError("08006", f"IAM did not answer: {error}") from error
    except BotoCoreError as error:
        raise SqlError("08006", f"IAM was not reached: {error}") from error


def _all(iam: Any, operation: str, member: str, name: str) -> list[Any]:
    pages = _asked(lambda: {"pages": list(iam.get_paginator(operation).paginate(RoleName=name))})
    return [each for page in (pages or {"pages": []})["pages"] for each in page.get(member, [])]


def _managed(iam: Any, arn: str) -> str:
    """The default version of a managed policy; "" for one that is gone."""
    found = _asked(lambda: iam.get_policy(PolicyArn=arn))
    if found is None:
        return ""
    version = found["Policy"]["DefaultVersionId"]
    answer = _asked(lambda: iam.get_policy_version(PolicyArn=arn, VersionId=version))
    return _json(answer["PolicyVersion"]["Document"]) if answer is not None else ""


def _json(document: Any) -> str:
    """As botocore has decoded what IAM sends percent-encoded."""
    return document if isinstance(document, str) else json.dumps(document)
