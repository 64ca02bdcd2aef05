"""The adapters' protocols in memory, for tests of everything above them. As strict as the real ones where a plan
depends on it, and able to fail at any one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from builder.adapters.fake_warehouse import FakeWarehouse
from builder.adapters.faults import Faults
from builder.adapters.observe import World
from builder.adapters.repositories import Login
from builder.core.config.settings import Secret
from builder.core.deploy.actions import Tag
from builder.core.deploy.observed import FunctionState, Identity, RepositoryState, RoleState
from builder.core.deploy.policies import role_arn
from builder.errors import AwsError

if TYPE_CHECKING:
    from builder.core.deploy.actions import CreateFunction, CreateRole, UpdateFunctionConfiguration

IDENTITY = Identity(account="123456789012", region="eu-west-1", arn="arn:aws:iam::123456789012:user/deployer")


@dataclass
class FakeFunctions:
    """Lambda. A function is Pending until somebody waits for it."""

    faults: Faults
    roles: FakeRoles
    repositories: FakeRepositories
    held: dict[str, FunctionState] = field(default_factory=dict)

    def get(self, name: str) -> FunctionState | None:
        return self.held.get(name)

    def names(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.held if name.startswith(prefix)))

    def create(self, action: CreateFunction) -> str:
        with self.faults.call(f"create_function {action.name}"):
            self._check(action.role, action.image)
            if action.name in self.held:
                raise AwsError("ResourceConflictException", where=action.name)
            self.held[action.name] = FunctionState(
                name=action.name,
                arn=f"arn:aws:lambda:{IDENTITY.region}:{IDENTITY.account}:function:{action.name}",
                role=action.role,
                package_type="Image",
                image=action.image,
                memory_size=action.memory_size,
                timeout=action.timeout,
                state="Pending",
                tags=action.tags,
            )
        self.settle(action.name)
        return self.held[action.name].arn

    def configure(self, action: UpdateFunctionConfiguration) -> None:
        with self.faults.call(f"update_function_configuration {action.name}"):
            self._check(action.role, self.held[action.name].image)
            self._change(
                action.name,
                role=action.role,
                memory_size=action.memory_size,
                timeout=action.timeout,
                image_config="",
                last_update="InProgress",
            )
        self.settle(action.name)

    def run_image(self, name: str, image: str) -> None:
        with self.faults.call(f"update_function_code {name}"):
            self._check(self.held[name].role, image)
            self._change(name, image=image, last_update="InProgress")
        self.settle(name)

    def settle(self, name: str) -> None:
        self.held[name] = replace(self.held[name], state="Active", last_update="Successful")

    def tag(self, name: str, tags: tuple[Tag, ...]) -> None:
        with self.faults.call(f"tag_resource {name}"):
            pairs = {tag.key: tag.value for tag in (*self.held[name].tags, *tags)}
            self.held[name] = replace(
                self.held[name], tags=tuple(Tag(key=key, value=value) for key, value in sorted(pairs.items()))
            )

    def grant(self, name: str, principal: str) -> None:
        self.revoke(name)
        with self.faults.call(f"add_permission {name}"):
            self.held[name] = replace(self.held[name], principals=(principal,))

    def revoke(self, name: str) -> None:
        with self.faults.call(f"remove_permission {name}"):
            self.held[name] = replace(self.held[name], principals=())

    def delete(self, name: str) -> None:
        with self.faults.call(f"delete_function {name}"):
            self.held.pop(name, None)

    def _check(self, role: str, image: str) -> None:
        if role not in self.roles.arns:
            raise AwsError("The role defined for the function cannot be assumed by Lambda.", where=role)
        if not any(image.endswith(digest) for digests in self.repositories.images.values() for digest in digests):
            raise AwsError("Source image does not exist", where=image)

    def _change(self, name: str, **fields: Any) -> None:
        if self.held[name].state == "Pending" or self.held[name].last_update == "InProgress":
            raise AwsError("ResourceConflictException", where=name)
        self.held[name] = replace(self.held[name], **fields)


@dataclass
class FakeRoles:
    """IAM. `given` are ARNs of roles that others made."""

    faults: Faults
    given: set[str] = field(default_factory=set)
    held: dict[str, RoleState] = field(default_factory=dict)

    @property
    def arns(self) -> set[str]:
        return self.given | {role.arn for role in self.held.values()}

    def get(self, name: str, policies: tuple[str, ...]) -> RoleState | None:
        role = self.held.get(name)
        return role and replace(role, policies=tuple(each for each in role.policies if each[0] in policies))

    def create(self, action: CreateRole) -> str:
        with self.faults.call(f"create_role {action.name}"):
            arn = role_arn(IDENTITY, action.name)
            self.held[action.name] = RoleState(name=action.name, arn=arn, trust=action.trust, tags=action.tags)
        return arn

    def trust(self, name: str, document: str) -> None:
        with self.faults.call(f"update_assume_role_policy {name}"):
            self.held[name] = replace(self.held[name], trust=document)

    def put_policy(self, name: str, policy: str, document: str) -> None:
        with self.faults.call(f"put_role_policy {name}"):
            policies = {**dict(self.held[name].policies), policy: document}
            self.held[name] = replace(self.held[name], policies=tuple(sorted(policies.items())))

    def delete(self, name: str, policies: tuple[str, ...]) -> None:
        with self.faults.call(f"delete_role {name}"):
            if name not in self.held:
                return
            if {policy for policy, _ in self.held[name].policies} - set(policies):
                raise AwsError("DeleteConflict", where=name)
            del self.held[name]


@dataclass
class FakeRepositories:
    """ECR. `images` are the digests in each repository, whoever made it."""

    faults: Faults
    held: dict[str, RepositoryState] = field(default_factory=dict)
    images: dict[str, set[str]] = field(default_factory=dict)

    def get(self, name: str) -> RepositoryState | None:
        return self.held.get(name)

    def create(self, name: str, tags: tuple[Tag, ...]) -> RepositoryState:
        with self.faults.call(f"create_repository {name}"):
            arn = f"arn:aws:ecr:{IDENTITY.region}:{IDENTITY.account}:repository/{name}"
            uri = f"{IDENTITY.account}.dkr.ecr.{IDENTITY.region}.amazonaws.com/{name}"
            self.images.setdefault(name, set())
            return self.held.setdefault(name, RepositoryState(name=name, arn=arn, uri=uri, tags=tags))

    def holds(self, name: str, digest: str) -> bool:
        return digest in self.images.get(name, ())

    def delete(self, name: str) -> None:
        with self.faults.call(f"delete_repository {name}"):
            self.held.pop(name, None)
            self.images.pop(name, None)

    def login(self) -> Login:
        return Login(registry="localhost:5000", user="AWS", password=Secret("token"))


@dataclass
class FakeCloud:
    """An account and a Redshift in memory, and the world that apply and observe take."""

    faults: Faults = field(default_factory=Faults)
    redshift: bool = True

    def __post_init__(self) -> None:
        self.roles = FakeRoles(self.faults)
        self.repositories = FakeRepositories(self.faults)
        self.functions = FakeFunctions(self.faults, self.roles, self.repositories)
        self.warehouse = FakeWarehouse(self.faults)

    @property
    def world(self) -> World:
        return World(
            functions=self.functions,
            roles=self.roles,
            repositories=self.repositories,
            warehouse=self.warehouse if self.redshift else None,
        )
