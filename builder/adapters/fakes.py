"""The adapters' protocols in memory, for tests of everything above them. As strict as the real ones where a plan
depends on it, and able to fail at any one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from builder.adapters.data_api import DataApiSession, Watch
from builder.adapters.fake_data_api import FakeDataApi
from builder.adapters.fake_lambda import FakeFunctions, FakeVersions
from builder.adapters.fake_registry import IDENTITY, FakeImages, FakeRepositories
from builder.adapters.fake_warehouse import FakeWarehouse
from builder.adapters.faults import Faults
from builder.adapters.observe import World
from builder.core.deploy.observed import HolderState, RoleState
from builder.core.deploy.policies import role_arn
from builder.errors import AwsError

if TYPE_CHECKING:
    from builder.adapters.warehouse import Warehouse
    from builder.core.config.roads import DataApi
    from builder.core.deploy.actions import CreateRole, Tag


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
