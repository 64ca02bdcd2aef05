"""What should stand in AWS and Redshift for a selection: the planner's left side, Observed being its right.

Nothing desired is a removal. A later release, an earlier receipt or a second set of names are other values of Desired.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from builder import names
from builder.core.catalog.units import every, units
from builder.core.config.rollout import Rollout
from builder.core.deploy import chain, policies
from builder.core.deploy.actions import Tag  # noqa: TC001  pydantic reads it, for releases
from builder.core.deploy.asked import asked as asked_of
from builder.core.images import build_plan
from builder.core.sql import statements as sql
from builder.model import NO_OPTIONS, Architecture, Kind, LambdaOptions, Routine, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from builder.core.catalog.units import Mode, Unit
    from builder.core.config.settings import Settings
    from builder.core.deploy.observed import Identity
    from builder.model import Function, Image, Module


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a selection takes of one module. `module` holds all of its functions: they share memory and time-out.

    `moved` are the names of Lambda functions that somebody else's zip function has: see replaced.py.
    """

    module: Module
    names: tuple[str, ...]
    moved: frozenset[str] = frozenset()

    @cached_property
    def whole(self) -> bool:
        return {function.name for function in self.module.functions} <= set(self.names)

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        return tuple(function for function in self.module.functions if function.name in self.names)

    @property
    def needs_lambda(self) -> bool:
        return any(function.kind == "lambda" for function in self.functions)

    def units(self, settings: Settings, *, whole: bool = False) -> tuple[Unit, ...]:
        """The Lambda functions that answer to a selected function; with `whole` those of the whole module."""
        key = (settings.lambda_prefix, settings.suffix, settings.lambda_mode, whole)
        if key not in self._units:
            prefix, suffix, mode, _ = key
            wanted = units(self.module, prefix=prefix, suffix=suffix, mode=mode)
            found = (unit for unit in wanted if whole or unit.serves(self.names))
            self._units[key] = tuple(
                replace(unit, name=names.moved_name(unit.name)) if unit.name in self.moved else unit for unit in found
            )
        return self._units[key]

    @cached_property
    def _units(self) -> dict[tuple[str, str, Mode, bool], tuple[Unit, ...]]:
        """Those of each way to ask: a plan asks nine times."""
        return {}

    def every(self, settings: Settings) -> tuple[Unit, ...]:
        """All Lambda functions that the module may have been deployed as, in either mode."""
        return every(self.module, prefix=settings.lambda_prefix, suffix=settings.suffix)


@dataclass(frozen=True, kw_only=True)
class DesiredRole:
    """A role that we make and keep as it should be."""

    name: str
    description: str
    trust: str
    policy: str
    document: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, kw_only=True)
class DesiredImage:
    """An image in its repository. `waits`: it is built and has to be pushed."""

    module: str
    image: Image
    waits: bool = False


@dataclass(frozen=True, kw_only=True)
class DesiredFunction:
    """A Lambda function. `principal` is the role to let in by the function's own policy, if any."""

    module: str
    name: str
    role: str
    image: str
    memory_size: int
    timeout: int
    tags: tuple[Tag, ...]
    principal: str | None = None
    options: LambdaOptions = NO_OPTIONS
    log_retention: int | None = None
    reserved_concurrency: int | None = None
    provisioned_concurrency: int = 0
    architecture: Architecture = "x86_64"


@dataclass(frozen=True, kw_only=True)
class DesiredSql:
    """One catalogue function in Redshift: its statements, and the routines that they leave there.

    The fingerprint is that of `statements`; `grants` let the `grantees` call it, and stand apart: another grantee is no
    reason to make a function anew.
    """

    module: str
    name: str
    kind: Kind
    fingerprint: str
    statements: tuple[Statement, ...]
    routines: tuple[Routine, ...]
    grantees: tuple[str, ...] = ()
    grants: tuple[Statement, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Desired:
    """Everything that a selection wants."""

    rollout: Rollout = field(default_factory=Rollout)
    roles: tuple[DesiredRole, ...] = ()
    images: tuple[DesiredImage, ...] = ()
    functions: tuple[DesiredFunction, ...] = ()
    sql: tuple[DesiredSql, ...] = ()


def desire(scopes: Iterable[Scope], lock: Mapping[str, Image], settings: Settings, identity: Identity) -> Desired:
    """The state that a deploy of `scopes` leads to. Every module with a Lambda must have its image in `lock`.

    Raises CatalogError with the problems of every function whose SQL cannot be written.
    """
    scopes = tuple(scopes)
    functions = tuple(_function(unit, lock, settings, identity) for scope in scopes for unit in scope.units(settings))
    return Desired(
        rollout=settings.rollout,
        roles=own_roles(settings, identity) if functions else (),
        functions=functions,
        sql=_all_sql(scopes, settings, identity) if settings.warehouse else (),
    )


def own_roles(settings: Settings, identity: Identity) -> tuple[DesiredRole, ...]:
    """The roles that nobody gave us. Without Redshift nobody needs an invoke role."""
    prefix = settings.lambda_prefix
    roles = []
    if settings.execution_role is None:
        roles.append(
            DesiredRole(
                name=names.execution_role_name(prefix),
                description=f"The Lambda functions {prefix}* run under it: they write their logs.",
                trust=policies.execution_trust(),
                policy=policies.EXECUTION_POLICY,
                document=policies.execution_policy(identity, prefix, vpc=bool(settings.functions.subnets)),
                tags=policies.ownership(prefix),
            )
        )
    if chain.own(settings, identity) is not None and settings.warehouse is not None:
        roles.append(
            DesiredRole(
                name=names.invoke_role_name(prefix),
                description=f"Redshift assumes it to call the Lambda functions {prefix}*.",
                trust=chain.trust(settings, identity),
                policy=policies.INVOKE_POLICY,
                document=chain.policy(settings, identity),
                tags=policies.ownership(prefix),
            )
        )
    return tuple(roles)


def ordered(functions: Iterable[Function]) -> tuple[Function, ...]:
    """Creation's order: Lambda functions, then SQL functions after those that they call."""
    return sql.in_order(sorted(functions, key=lambda function: (function.kind == "sql", function.name)))


def _function(unit: Unit, lock: Mapping[str, Image], settings: Settings, identity: Identity) -> DesiredFunction:
    image = lock[unit.image]
    limits = build_plan.limits(unit.functions)
    asked = asked_of(unit.functions, settings.functions)
    own = policies.role_arn(identity, names.execution_role_name(settings.lambda_prefix))
    return DesiredFunction(
        module=unit.module,
        name=unit.name,
        role=settings.execution_role or own,
        image=image.reference,
        architecture=image.architecture,
        memory_size=limits.memory_size,
        timeout=limits.timeout,
        tags=(
            *policies.function_tags(settings.lambda_prefix, unit.module, image.content_hash),
            *policies.kept_tags(asked.tags, asked.log_retention),
        ),
        principal=chain.caller(settings, identity),
        options=asked.options,
        log_retention=asked.log_retention,
        reserved_concurrency=asked.reserved_concurrency,
        provisioned_concurrency=asked.provisioned_concurrency,
    )


def target(unit: str, settings: Settings, identity: Identity) -> sql.Target:
    """Where SQL functions go, which Lambda function they call, and as whom."""
    reference = settings.rollout.reference(unit)
    away = chain.elsewhere(settings, identity)
    return sql.Target(
        schema=settings.schema,
        lambda_reference=policies.function_arn(identity, reference) if away else reference,
        iam_role=",".join(chain.roles(settings, identity)),
        grantees=settings.grantees,
    )


def targets(scope: Scope, settings: Settings, identity: Identity) -> dict[str, sql.Target]:
    """The target of each function of a module. A native SQL function calls none, and gets the module's."""
    default = target(
        f"{names.lambda_name(settings.lambda_prefix, scope.module.name)}{settings.suffix}", settings, identity
    )
    found = {function.name: default for function in scope.module.functions}
    for unit in scope.units(settings, whole=True):
        at = target(unit.name, settings, identity)
        found.update({function.name: at for function in unit.functions})
    return found


def _all_sql(scopes: Iterable[Scope], settings: Settings, identity: Identity) -> tuple[DesiredSql, ...]:
    wanted = [(scope.functions, targets(scope, settings, identity)) for scope in scopes]
    sql.refuse((each, at[each.name]) for functions, at in wanted for each in functions)
    return tuple(_sql(function, at[function.name]) for functions, at in wanted for function in ordered(functions))


def _sql(function: Function, at: sql.Target) -> DesiredSql:
    statements = sql.creation(function, at)
    return DesiredSql(
        module=function.module,
        name=function.name,
        kind=function.kind,
        fingerprint=sql.fingerprint(statements, written_here=function.kind == "lambda" and not function.template),
        statements=statements,
        routines=sql.routines(function),
        grantees=at.grantees,
        grants=sql.grant(function, schema=at.schema, grantees=at.grantees),
    )
