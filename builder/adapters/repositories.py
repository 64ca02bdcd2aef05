"""ECR's API: repositories, what they hold, and the token for a push. The images themselves go through the engine."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from builder.core.config.settings import Secret
from builder.core.deploy.actions import Tag
from builder.core.deploy.observed import RepositoryState
from builder.core.deploy.plan_images import IMMUTABLE
from builder.core.deploy.policies import canonical, merged, ours_in

if TYPE_CHECKING:
    from builder.adapters.aws import Aws
    from builder.core.deploy.actions import Change

_NO_REPOSITORY = ("RepositoryNotFoundException",)
_NO_POLICY = (*_NO_REPOSITORY, "LifecyclePolicyNotFoundException", "RepositoryPolicyNotFoundException")
_NO_IMAGE = (*_NO_REPOSITORY, "ImageNotFoundException")


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who may push for the next twelve hours. `registry` is ECR's host, without a scheme."""

    registry: str
    user: str
    password: Secret


class Repositories(Protocol):
    """ECR, as far as we need it. Every method raises AwsError."""

    def get(self, name: str) -> RepositoryState | None:
        """A repository with its tags; None where there is none."""

    def names(self, prefix: str) -> tuple[str, ...]:
        """All repositories whose name begins with the prefix, sorted."""

    def create(self, name: str, tags: tuple[Tag, ...]) -> None:
        """Makes it, with immutable tags and the scan on push. One that is there already stays as it is."""

    def configure(self, name: str, changes: tuple[Change, ...]) -> None:
        """Sets what has changed of immutable tags and the scan on push."""

    def put_lifecycle(self, name: str, document: str) -> None:
        """Sets which images expire."""

    def put_policy(self, name: str, ours: str | None) -> None:
        """Sets our statements in the repository's policy, or takes them out; those of others stay."""

    def holds(self, name: str, digest: str, *, tag: str = "") -> bool:
        """Whether the image is there and, where a tag is named, carries it."""

    def delete(self, name: str) -> None:
        """Deletes it with its images. One that is not there is no error."""

    def login(self) -> Login:
        """A token of twelve hours."""


class EcrRepositories:
    """ECR through boto3."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def get(self, name: str) -> RepositoryState | None:
        answer = self._aws.call(
            "ecr", "describe_repositories", about=_about(name), absent=_NO_REPOSITORY, repositoryNames=[name]
        )
        return None if answer is None else self._state(answer["repositories"][0])

    def names(self, prefix: str) -> tuple[str, ...]:
        found: list[str] = []
        marker: dict[str, Any] = {}
        while True:
            page = self._aws.call("ecr", "describe_repositories", about="the repositories", **marker)
            found += [each["repositoryName"] for each in page["repositories"]]
            if not page.get("nextToken"):
                return tuple(sorted(name for name in found if name.startswith(prefix)))
            marker = {"nextToken": page["nextToken"]}

    def create(self, name: str, tags: tuple[Tag, ...]) -> None:
        self._call(
            "create_repository",
            name,
            absent=("RepositoryAlreadyExistsException",),
            imageTagMutability=IMMUTABLE,
            imageScanningConfiguration={"scanOnPush": True},
            tags=[{"Key": tag.key, "Value": tag.value} for tag in tags],
        )

    def configure(self, name: str, changes: tuple[Change, ...]) -> None:
        for change in changes:
            if change.field == "scanOnPush":
                scan = {"scanOnPush": change.new == "true"}
                self._call("put_image_scanning_configuration", name, imageScanningConfiguration=scan)
            else:
                self._call("put_image_tag_mutability", name, imageTagMutability=change.new)

    def put_lifecycle(self, name: str, document: str) -> None:
        # Canonical JSON has a list of one as its member, which only policies of IAM may.
        text = json.loads(document)
        rules = text["rules"] if isinstance(text["rules"], list) else [text["rules"]]
        self._call("put_lifecycle_policy", name, lifecyclePolicyText=json.dumps({"rules": rules}))

    def put_policy(self, name: str, ours: str | None) -> None:
        # Lambda has a statement of its own in it, and others may have theirs: read, change, write.
        new = merged(self._policy(name), ours)
        if new is None:
            self._call("delete_repository_policy", name, absent=_NO_POLICY)
        else:
            self._call("set_repository_policy", name, policyText=new)

    def holds(self, name: str, digest: str, *, tag: str = "") -> bool:
        wanted = {"imageTag": tag} if tag else {"imageDigest": digest}
        answer = self._call("describe_images", name, absent=_NO_IMAGE, imageIds=[wanted])
        return answer is not None and any(image["imageDigest"] == digest for image in answer["imageDetails"])

    def delete(self, name: str) -> None:
        self._call("delete_repository", name, absent=_NO_REPOSITORY, force=True)

    def login(self) -> Login:
        answer = self._aws.call("ecr", "get_authorization_token", about="the registry")
        data = answer["authorizationData"][0]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        return Login(registry=data["proxyEndpoint"].partition("://")[2], user=user, password=Secret(password))

    def _state(self, repository: dict[str, Any]) -> RepositoryState:
        arn = repository["repositoryArn"]
        name = repository["repositoryName"]
        tags = self._aws.call("ecr", "list_tags_for_resource", about=_about(arn), resourceArn=arn)["tags"]
        lifecycle = self._call("get_lifecycle_policy", name, absent=_NO_POLICY)
        return RepositoryState(
            name=name,
            arn=arn,
            uri=repository["repositoryUri"],
            tags=tuple(Tag(key=tag["Key"], value=tag["Value"]) for tag in tags),
            mutability=repository.get("imageTagMutability", "MUTABLE"),
            scan_on_push=repository.get("imageScanningConfiguration", {}).get("scanOnPush", False),
            lifecycle=canonical(json.loads(lifecycle["lifecyclePolicyText"])) if lifecycle else None,
            policy=ours_in(self._policy(name)),
        )

    def _policy(self, name: str) -> Any:
        answer = self._call("get_repository_policy", name, absent=_NO_POLICY)
        return json.loads(answer["policyText"]) if answer else None

    def _call(self, operation: str, name: str, *, absent: tuple[str, ...] = (), **parameters: Any) -> Any:
        return self._aws.call("ecr", operation, about=_about(name), absent=absent, repositoryName=name, **parameters)


def _about(name: str) -> str:
    return f"repository {name}"
