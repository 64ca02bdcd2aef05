"""ECR in memory, and the images of this machine that are pushed there; and whose account all the fakes are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from builder.adapters.repositories import Login
from builder.core.config.settings import Secret
from builder.core.deploy.observed import Identity, RepositoryState

if TYPE_CHECKING:
    from builder.adapters.faults import Faults
    from builder.core.deploy.actions import Change, Tag

IDENTITY = Identity(account="123456789012", region="eu-west-1", arn="arn:aws:iam::123456789012:user/deployer")


@dataclass
class FakeRepositories:
    """ECR. `images` are the digests in each repository, whoever made it."""

    faults: Faults
    held: dict[str, RepositoryState] = field(default_factory=dict)
    images: dict[str, set[str]] = field(default_factory=dict)
    untagged: set[str] = field(default_factory=set)

    def get(self, name: str) -> RepositoryState | None:
        with self.faults.look(f"describe_repositories {name}"):
            return self.held.get(name)

    def names(self, prefix: str) -> tuple[str, ...]:
        with self.faults.look(f"describe_repositories {prefix}*"):
            return tuple(sorted(name for name in self.held if name.startswith(prefix)))

    def create(self, name: str, tags: tuple[Tag, ...]) -> None:
        with self.faults.call(f"create_repository {name}"):
            arn = f"arn:aws:ecr:{IDENTITY.region}:{IDENTITY.account}:repository/{name}"
            uri = f"{IDENTITY.account}.dkr.ecr.{IDENTITY.region}.amazonaws.com/{name}"
            self.images.setdefault(name, set())
            fresh = RepositoryState(name=name, arn=arn, uri=uri, tags=tags, mutability="IMMUTABLE", scan_on_push=True)
            self.held.setdefault(name, fresh)

    def configure(self, name: str, changes: tuple[Change, ...]) -> None:
        for change in changes:
            with self.faults.call(f"put_{change.field} {name}"):
                if change.field == "scanOnPush":
                    self.held[name] = replace(self.held[name], scan_on_push=change.new == "true")
                else:
                    self.held[name] = replace(self.held[name], mutability=change.new)

    def put_lifecycle(self, name: str, document: str) -> None:
        with self.faults.call(f"put_lifecycle_policy {name}"):
            self.held[name] = replace(self.held[name], lifecycle=document)

    def put_policy(self, name: str, ours: str | None) -> None:
        with self.faults.call(f"set_repository_policy {name}"):
            self.held[name] = replace(self.held[name], policy=ours)

    def holds(self, name: str, digest: str, *, tag: str = "") -> bool:
        with self.faults.look(f"describe_images {name} {digest}"):
            return digest in self.images.get(name, ()) and (not tag or digest not in self.untagged)

    def delete(self, name: str) -> None:
        with self.faults.call(f"delete_repository {name}"):
            self.held.pop(name, None)
            self.images.pop(name, None)

    def login(self) -> Login:
        return Login(registry="localhost:5000", user="AWS", password=Secret("token"))


@dataclass
class FakeImages:
    """The images of this machine: a push of any of `digests` leads into the fake ECR."""

    faults: Faults
    repositories: FakeRepositories
    digests: dict[str, str] = field(default_factory=dict)
    pushed: dict[str, str] = field(default_factory=dict)

    def built(self, digest: str) -> bool:
        return digest in self.digests.values()

    def upload(self, image: str, address: str) -> int:
        with self.faults.call(f"put_image {image}"):
            self.repositories.images[address.partition("/")[2]].add(self.digests[image])
            self.pushed[image] = address
        return 1
