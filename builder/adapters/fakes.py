"""The adapters' protocols in memory, for tests of everything above them. As strict as the real ones where a plan
depends on it, and able to fail at any one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from builder.adapters.data_api import DataApiSession, Watch
from builder.adapters.fake_data_api import FakeDataApi
from builder.adapters.fake_warehouse import FakeWarehouse
from builder.adapters.faults import Faults
from builder.adapters.observe import World
from builder.adapters.repositories import Login
from builder.adapters.versions import unfit
from builder.core.config.settings import Secret
from builder.core.deploy.actions import Tag
from builder.core.deploy.observed import FunctionState, HolderState, Identity, RepositoryState, RoleState
from builder.core.deploy.policies import role_arn
from builder.errors import AwsError
from builder.names import LIVE

if TYPE_CHECKING:
    from builder.adapters.warehouse import Warehouse
    from builder.core.config.roads import DataApi
    from builder.core.deploy.actions import Change, CreateFunction, CreateRole, UpdateFunctionConfiguration

IDENTITY = Identity(account="123456789012", region="eu-west-1", arn="arn:aws:iam::123456789012:user/deployer")


@dataclass
class FakeFunctions:
    """Lambda. A function is Pending until somebody waits for it."""

    faults: Faults
    roles: FakeRoles
    repositories: FakeRepositories
    held: dict[str, FunctionState] = field(default_factory=dict)
    versions: dict[str, dict[str, FunctionState]] = field(default_factory=dict)
    aliases: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, name: str) -> FunctionState | None:
        with self.faults.look(f"get_function {name}"):
            function = self.held.get(name)
            version = self.aliases.get(name, {}).get(LIVE)
            return function and replace(function, live=self.versions[name][version] if version else None)

    def names(self, prefix: str) -> tuple[str, ...]:
        with self.faults.look(f"list_functions {prefix}"):
            return tuple(sorted(name for name in self.held if name.startswith(prefix)))

    def zips(self, prefix: str) -> tuple[str, ...]:
        return tuple(name for name in self.names(prefix) if self.held[name].package_type == "Zip")

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
                architectures=(action.architecture,),
                memory_size=action.memory_size,
                timeout=action.timeout,
                options=action.options,
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
                options=action.options,
                last_update="InProgress",
            )
        self.settle(action.name)

    def run_image(self, name: str, image: str, architecture: str) -> None:
        with self.faults.call(f"update_function_code {name}"):
            self._check(self.held[name].role, image)
            self._change(name, image=image, architectures=(architecture,), last_update="InProgress")
        self.settle(name)

    def settle(self, name: str) -> None:
        self.held[name] = replace(self.held[name], state="Active", last_update="Successful")

    def reserve(self, name: str, calls: int | None) -> None:
        with self.faults.call(f"put_function_concurrency {name}"):
            self.held[name] = replace(self.held[name], reserved_concurrency=calls)

    def provision(self, name: str, alias: str, containers: int) -> None:
        with self.faults.call(f"put_provisioned_concurrency_config {name}"):
            if alias not in self.aliases.get(name, {}):
                raise AwsError("ResourceNotFoundException", where=f"{name}:{alias}")
            self.held[name] = replace(self.held[name], provisioned_concurrency=containers)

    def tag(self, name: str, tags: tuple[Tag, ...], removed: tuple[str, ...] = ()) -> None:
        if removed:
            with self.faults.call(f"untag_resource {name}"):
                kept = tuple(tag for tag in self.held[name].tags if tag.key not in removed)
                self.held[name] = replace(self.held[name], tags=kept)
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
            for about in (self.held, self.versions, self.aliases):
                about.pop(name, None)

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
class FakeVersions:
    """Versions and aliases of the functions. `broken` are the digests of images that do not work."""

    faults: Faults
    functions: FakeFunctions
    broken: set[str] = field(default_factory=set)

    def publish(self, name: str) -> str:
        with self.faults.call(f"publish_version {name}"):
            function = self.functions.held[name]
            if function.state != "Active" or function.last_update != "Successful":
                raise AwsError("ResourceConflictException", where=name)
            published = self.functions.versions.setdefault(name, {})
            newest = max(map(int, published), default=0)
            asked = replace(function, tags=(), principals=(), version=str(newest))
            if newest and published[str(newest)] == asked:
                return str(newest)
            published[str(newest + 1)] = replace(asked, version=str(newest + 1))
            return str(newest + 1)

    def ask(self, name: str, version: str = "") -> None:
        with self.faults.look(f"invoke {name} {version}".rstrip()):
            held = self.functions
            asked = held.versions[name][version] if version else held.held[name]
            if asked.digest in self.broken:
                raise unfit(name, "quadbin_polyfill cannot be imported: No module named 'numpy'")

    def point(self, name: str, alias: str, version: str) -> None:
        with self.faults.call(f"update_alias {name}"):
            if version not in self.functions.versions[name]:
                raise AwsError("ResourceNotFoundException", where=name)
            self.functions.aliases.setdefault(name, {})[alias] = version

    def prune(self, name: str, *, keep: int, alias: str) -> None:
        serving = self.functions.aliases.get(name, {}).get(alias)
        with self.faults.look(f"list_versions_by_function {name}"):
            published = sorted(self.functions.versions[name], key=int)
        for version in published[:-keep]:
            if version != serving:
                with self.faults.call(f"delete_function {name}:{version}"):
                    del self.functions.versions[name][version]


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
        with self.faults.look(f"get_role {name}"):
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
class FakeLogs:
    """Log groups by function, and the days that each keeps."""

    faults: Faults
    days: dict[str, int | None] = field(default_factory=dict)

    def retention(self, prefix: str) -> dict[str, int | None]:
        with self.faults.look(f"describe_log_groups {prefix}"):
            return {name: days for name, days in self.days.items() if name.startswith(prefix)}

    def keep(self, function: str, days: int | None, tags: tuple[Tag, ...]) -> None:
        assert tags  # noqa: S101  a group of ours says whose it is
        with self.faults.call(f"put_retention_policy {function}"):
            self.days[function] = days


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


@dataclass
class FakeHolder:
    """A cluster's roles. `roles` has those of others, in the order in which they came."""

    faults: Faults
    state: HolderState = field(default_factory=HolderState)

    def get(self) -> HolderState:
        with self.faults.look("get_holder"):
            return self.state

    def attach(self, role: str) -> None:
        with self.faults.call(f"modify_cluster_iam_roles {role}"):
            self.state = replace(self.state, roles=tuple(dict.fromkeys((*self.state.roles, role))))

    def detach(self, role: str) -> None:
        with self.faults.call(f"modify_cluster_iam_roles {role}"):
            self.state = replace(self.state, roles=tuple(each for each in self.state.roles if each != role))


@dataclass
class FakeCloud:
    """An account and a Redshift in memory, and the world that apply and observe take.

    With `road` the Redshift is reached by the Data API, whose calls fail in its stead.
    """

    faults: Faults = field(default_factory=Faults)
    redshift: bool = True
    cluster: bool = True
    road: DataApi | None = None

    def __post_init__(self) -> None:
        self.roles = FakeRoles(self.faults)
        self.repositories = FakeRepositories(self.faults)
        self.functions = FakeFunctions(self.faults, self.roles, self.repositories)
        self.versions = FakeVersions(self.faults, self.functions)
        self.warehouse = FakeWarehouse(Faults() if self.road else self.faults)
        self.data_api = FakeDataApi(self.warehouse, self.faults)
        self.logs = FakeLogs(self.faults)
        self.holder = FakeHolder(self.faults)
        self.images = FakeImages(self.faults, self.repositories)

    @property
    def world(self) -> World:
        return World(
            functions=self.functions,
            roles=self.roles,
            repositories=self.repositories,
            versions=self.versions,
            warehouse=self._session() if self.redshift else None,
            logs=self.logs,
            holder=self.holder if self.cluster else None,
            images=self.images,
        )

    def _session(self) -> Warehouse:
        if self.road is None:
            return self.warehouse
        watch = Watch(sleep=lambda _: None, clock=lambda: 0.0, token=lambda: "token")
        return DataApiSession(self.data_api, self.road, watch)
