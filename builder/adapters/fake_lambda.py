"""Lambda in memory: functions, versions, aliases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from builder.adapters.fake_registry import IDENTITY
from builder.adapters.versions import unfit
from builder.core.deploy.actions import Tag
from builder.core.deploy.observed import FunctionState
from builder.errors import AwsError
from builder.names import LIVE

if TYPE_CHECKING:
    from builder.adapters.fake_registry import FakeRepositories
    from builder.adapters.fakes import FakeRoles
    from builder.adapters.faults import Faults
    from builder.core.deploy.actions import CreateFunction, UpdateFunctionConfiguration


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
