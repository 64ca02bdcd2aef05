"""A small catalogue, its image lock, and the whole way from observation to receipt over the fakes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from builder.adapters import receipts, releases
from builder.adapters.execute import repository
from builder.adapters.fake_registry import IDENTITY
from builder.adapters.fakes import FakeCloud
from builder.adapters.observe import Question, observe, observe_release
from builder.adapters.releases import History
from builder.apply import Ledger, apply
from builder.core.config.settings import Connection, Settings
from builder.core.deploy import plan as deploy_plan
from builder.core.deploy import plan_images, promotion, release, rollback
from builder.core.deploy.actions import RepositoryAction
from builder.core.deploy.desired import Desired, Scope, desire
from builder.core.deploy.observed import FunctionState
from builder.core.deploy.receipt import Receipt, place_of
from builder.model import Config, Function, Image, Kind, Module, Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from builder.core.deploy.actions import Action, Tag
    from builder.core.deploy.observed import Observed
    from builder.core.deploy.release import Content

NOON = "2026-11-21T12:00:00+00:00"
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
WITH_REDSHIFT = Settings(schema="dev_carto", warehouse=Connection(host="redshift.example.com", database="dev"))
WITH_CLUSTER = replace(
    WITH_REDSHIFT, warehouse=Connection(host="redshift.example.com", database="dev", cluster_identifier="maps")
)
LAMBDA_ONLY = Settings(schema="dev_carto")


def a_function(
    name: str,
    module: str,
    types: Sequence[str] = ("BIGINT",),
    returns: str = "BIGINT",
    *,
    kind: Kind = "lambda",
    sql: str | None = None,
    memory: int | None = None,
    timeout: int | None = None,
) -> Function:
    return Function(
        name=name,
        module=module,
        root=f"functions/{module}/{name}",
        kind=kind,
        parameters=tuple(Parameter(name=f"p{n}", type=each) for n, each in enumerate(types, 1)),
        returns=returns,
        sql=sql,
        config=Config(memory_size=memory, timeout=timeout),
    )


POLYFILL = a_function("quadbin_polyfill", "quadbin", ("GEOMETRY", "INTEGER"), "SUPER", memory=1024)
PARENT = a_function("quadbin_toparent", "quadbin", ("BIGINT", "INTEGER"), timeout=30)
SIBLINGS = a_function("quadbin_twice", "quadbin", kind="sql", sql="SELECT @@RS_SCHEMA@@.quadbin_toparent($1, 2)")
H3 = a_function("h3_center", "h3", ("VARCHAR(MAX)",), "GEOMETRY")

QUADBIN = Module(name="quadbin", functions=(POLYFILL, PARENT, SIBLINGS))
H3_MODULE = Module(name="h3", functions=(H3,))
MODULES = (H3_MODULE, QUADBIN)


def scopes(*names: str, modules: Sequence[Module] = MODULES) -> tuple[Scope, ...]:
    """Modules or functions by name; no name: everything."""
    found = []
    for module in modules:
        chosen = tuple(
            function.name
            for function in module.functions
            if not names or module.name in names or function.name in names
        )
        if chosen:
            found.append(Scope(module=module, names=chosen))
    return tuple(found)


def image(module: Module, *, build: int = 1, prefix: str = "carto-at-") -> Image:
    return Image(
        module=module.image,
        repository=f"localhost:4566/{prefix}{module.image}",
        digest=digest(module.image, build),
        media_type=MEDIA_TYPE,
        size=1000,
        content_hash=f"sha256:{build:064x}",
        functions=tuple(function.name for function in module.lambdas),
    )


def digest(module: str, build: int = 1) -> str:
    return f"sha256:{module.encode().hex():0>32}{build:032x}"


def lock(*, build: int = 1, modules: Sequence[Module] = MODULES, prefix: str = "carto-at-") -> dict[str, Image]:
    return {part.image: image(part, build=build, prefix=prefix) for module in modules for part in module.images}


@dataclass
class Site:
    """One machine that deploys: its receipt, its lock, its settings, and the cloud that it deploys to."""

    folder: Path
    cloud: FakeCloud = field(default_factory=FakeCloud)
    settings: Settings = WITH_REDSHIFT
    images: dict[str, Image] = field(default_factory=lock)

    def push(self) -> None:
        """As `builder push` does: repositories of ours with the lock's digests."""
        for each in self.images.values():
            name = each.repository.partition("/")[2]
            standing = self.cloud.repositories.get(name)
            for action in plan_images.keep(each.module, each.module, standing, self.settings, IDENTITY):
                if isinstance(action, RepositoryAction):
                    repository(action, self.cloud.repositories)
            self.cloud.repositories.images[name].add(each.digest)
        self.cloud.faults.calls.clear()

    def observe(self, chosen: Sequence[Scope], *, removal: bool = False, replaced: bool = False) -> Observed:
        self.cloud.redshift = self.settings.warehouse is not None
        self.cloud.cluster = self.settings.holder is not None
        suffixes = receipts.suffixes(self.folder, IDENTITY, self.settings.lambda_prefix) if removal else ()
        question = Question(
            scopes=chosen,
            lock=self.images,
            settings=self.settings,
            removal=removal,
            replaced=replaced,
            suffixes=suffixes,
        )
        return observe(self.cloud.world, question, IDENTITY, self.receipt)

    @property
    def receipt(self) -> Receipt:
        return receipts.load(self.file, IDENTITY, self.settings.lambda_prefix, self.settings.suffix)

    @property
    def file(self) -> Path:
        return receipts.path(self.folder, IDENTITY, self.settings.lambda_prefix, self.settings.suffix)

    def plan(self, chosen: Sequence[Scope], *, replaced: bool = False) -> tuple[Action, ...]:
        return deploy_plan.plan(chosen, self.images, self.settings, self.observe(chosen, replaced=replaced))

    def plan_removal(self, chosen: Sequence[Scope]) -> tuple[Action, ...]:
        return deploy_plan.plan_removal(chosen, self.settings, self.observe(chosen, removal=True))

    def deploy(self, chosen: Sequence[Scope], *, replaced: bool = False) -> tuple[Action, ...]:
        observed = self.observe(chosen, replaced=replaced)
        desired = deploy_plan.wanted(chosen, self.images, self.settings, observed)
        actions = deploy_plan.towards(desired, chosen, self.settings, observed)
        self._apply(actions, observed, desired)
        return actions

    @property
    def history(self) -> History:
        return History(folder=releases.folder(self.file))

    def plan_rollback(self, to: str = "") -> tuple[Action, ...]:
        _, target, observed = self._back(to)
        return rollback.plan(target, self.history.current(place_of(self.settings)), self.settings, observed)

    def rollback(self, to: str = "") -> tuple[Action, ...]:
        number, target, observed = self._back(to)
        actions = rollback.plan(target, self.history.current(place_of(self.settings)), self.settings, observed)
        self._apply(actions, observed, rollback.desired(target, self.settings, IDENTITY), of=number)
        return actions

    def _back(self, to: str) -> tuple[int, Content, Observed]:
        self.cloud.redshift = self.settings.warehouse is not None
        self.cloud.cluster = self.settings.holder is not None
        place = place_of(self.settings)
        number = release.target(self.history.numbers(place), to, self.receipt, place=place)
        target, now = self.history.get(place, number).content, self.history.current(place)
        return number, target, observe_release(self.cloud.world, (target, now), self.settings, IDENTITY, self.receipt)

    def promote(self, modules: Sequence[Module] = MODULES) -> tuple[Action, ...]:
        """As `builder promote` does, with the suffix that the settings have."""
        second = self.settings
        content = self.history.current(place_of(second))
        if content.empty:
            return ()
        names = content.functions or [label.removesuffix(second.suffix) for label in content.lambdas]
        chosen = scopes(*names, modules=modules)
        promotion.refuse_moved(content, desire(chosen, self.images, second, IDENTITY), second)
        observed = self.observe(chosen, removal=True)
        self.settings = second.plain
        try:
            first = deploy_plan.wanted(chosen, self.images, self.settings, self.observe(chosen))
            removal = promotion.plan_removal(chosen, second, observed, first)
            takeover = self.deploy(chosen)
        finally:
            self.settings = second
        self._apply(removal, observed, Desired())
        return (*takeover, *removal)

    def remove(self, chosen: Sequence[Scope]) -> tuple[Action, ...]:
        observed = self.observe(chosen, removal=True)
        actions = deploy_plan.plan_removal(chosen, self.settings, observed)
        self._apply(actions, observed, Desired())
        return actions

    def carry_out(self, actions: Sequence[Action], observed: Observed) -> None:
        """What leads to no release: something goes."""
        self._apply(actions, observed, Desired())

    def _apply(self, actions: Sequence[Action], observed: Observed, desired: Desired, *, of: int | None = None) -> None:
        ledger = Ledger(file=self.file, place=place_of(self.settings), of=of)
        try:
            made = apply(actions, observed.receipt, world=self.cloud.world, ledger=ledger)
        finally:
            # As a push does, whatever comes after it.
            pushed = self.cloud.images.pushed
            self.images = {
                name: replace(each, repository=pushed.get(name, each.repository)) for name, each in self.images.items()
            }
        ledger.record(desired, made, at=NOON, keep=self.settings.rollout.releases)

    def world(self) -> dict[str, object]:
        """All that stands, to compare."""
        cloud = self.cloud
        return {
            "functions": dict(cloud.functions.held),
            "versions": {name: dict(held) for name, held in cloud.functions.versions.items()},
            "aliases": {name: dict(held) for name, held in cloud.functions.aliases.items()},
            "roles": dict(cloud.roles.held),
            "repositories": dict(cloud.repositories.held),
            "images": {name: set(digests) for name, digests in cloud.repositories.images.items()},
            "schemas": set(cloud.warehouse.schemas),
            "routines": dict(cloud.warehouse.routines),
            "privileges": dict(cloud.warehouse.privileges),
            "attached": set(cloud.holder.state.roles),
        }


def a_zip(name: str, *tags: Tag) -> FunctionState:
    return FunctionState(
        name=name,
        arn=f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
        role="arn:aws:iam::123456789012:role/old",
        package_type="Zip",
        image="",
        memory_size=256,
        timeout=30,
        tags=tags,
    )


def with_function(module: Module, changed: Function) -> Module:
    """The module with one function in place of the one of the same name."""
    return replace(module, functions=tuple(changed if each.name == changed.name else each for each in module.functions))
