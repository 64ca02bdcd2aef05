"""ECR's API: repositories, what they hold, and the token for a push. The images themselves go through the engine."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from builder.core.config.settings import Secret
from builder.core.deploy.actions import Tag
from builder.core.deploy.observed import RepositoryState

if TYPE_CHECKING:
    from builder.adapters.aws import Aws

_NO_REPOSITORY = ("RepositoryNotFoundException",)
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

    def create(self, name: str, tags: tuple[Tag, ...]) -> RepositoryState:
        """Makes it. One that is there already is given as it is."""

    def holds(self, name: str, digest: str) -> bool:
        """Whether the image is there."""

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

    def create(self, name: str, tags: tuple[Tag, ...]) -> RepositoryState:
        answer = self._call(
            "create_repository",
            name,
            absent=("RepositoryAlreadyExistsException",),
            imageScanningConfiguration={"scanOnPush": True},
            tags=[{"Key": tag.key, "Value": tag.value} for tag in tags],
        )
        if answer is not None:
            return _repository(answer["repository"], tags)
        found = self._aws.call("ecr", "describe_repositories", about=_about(name), repositoryNames=[name])
        return self._state(found["repositories"][0])

    def holds(self, name: str, digest: str) -> bool:
        answer = self._call("describe_images", name, absent=_NO_IMAGE, imageIds=[{"imageDigest": digest}])
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
        tags = self._aws.call("ecr", "list_tags_for_resource", about=_about(arn), resourceArn=arn)["tags"]
        return _repository(repository, tuple(Tag(key=tag["Key"], value=tag["Value"]) for tag in tags))

    def _call(self, operation: str, name: str, *, absent: tuple[str, ...] = (), **parameters: Any) -> Any:
        return self._aws.call("ecr", operation, about=_about(name), absent=absent, repositoryName=name, **parameters)


def _repository(repository: dict[str, Any], tags: tuple[Tag, ...]) -> RepositoryState:
    return RepositoryState(
        name=repository["repositoryName"], arn=repository["repositoryArn"], uri=repository["repositoryUri"], tags=tags
    )


def _about(name: str) -> str:
    return f"repository {name}"
