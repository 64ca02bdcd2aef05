"""One action of a plan through the doors of the world. Every kind of action has its branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.core.deploy.actions import (
    Action,
    AttachRole,
    AwaitFunction,
    ConfigureRepository,
    CreateFunction,
    CreateRepository,
    CreateRole,
    DeleteFunction,
    DeleteRepository,
    DeleteRole,
    DetachRole,
    FunctionAction,
    GoLive,
    GrantInvoke,
    HolderAction,
    KeepLogs,
    NoBranchError,
    Note,
    ProvisionConcurrency,
    PushImage,
    PutLifecyclePolicy,
    PutRepositoryPolicy,
    PutRolePolicy,
    RepositoryAction,
    ReserveConcurrency,
    RevokeInvoke,
    RoleAction,
    RolloutAction,
    RunSql,
    SplitModule,
    SqlAction,
    TagFunction,
    TryImage,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
    UpdateTrust,
)
from builder.errors import AwsError, BuildError, WarehouseError

if TYPE_CHECKING:
    from builder.adapters.observe import World
    from builder.adapters.repositories import Repositories
    from builder.core.deploy.recording import Answer


def execute(action: Action, world: World) -> Answer:
    """Carries one action out. Gives the ARN or the version of what was made, how Redshift shows it, or "".

    Raises AwsError, InvokeError and WarehouseError.
    """
    if isinstance(action, RoleAction):
        return _role(action, world)
    if isinstance(action, FunctionAction):
        return _function(action, world)
    if isinstance(action, RolloutAction):
        return _rollout(action, world)
    if isinstance(action, (SqlAction, HolderAction)):
        return _redshift(action, world)
    if isinstance(action, RepositoryAction):
        return _image(action, world)
    if isinstance(action, (Note, SplitModule)):
        return ""
    raise NoBranchError(action)


def _role(action: RoleAction, world: World) -> str:
    match action:
        case CreateRole():
            return world.roles.create(action)
        case UpdateTrust(role=role, new=document):
            world.roles.trust(role, document)
        case PutRolePolicy(role=role, policy=policy, new=document):
            world.roles.put_policy(role, policy, document)
        case DeleteRole(name=name, policies=policies):
            world.roles.delete(name, policies)
        case _:
            raise NoBranchError(action)
    return ""


def _image(action: RepositoryAction, world: World) -> str:
    if not isinstance(action, PushImage):
        repository(action, world.repositories)
    elif world.images is None:
        raise BuildError("the plan pushes an image, but no images are at hand", where=action.image)
    else:
        world.images.upload(action.image, action.address)
    return ""


def repository(action: RepositoryAction, repositories: Repositories) -> None:
    """An action on a repository, but for what is pushed to it."""
    match action:
        case CreateRepository(name=name, tags=tags):
            repositories.create(name, tags)
        case ConfigureRepository(name=name, changes=changes):
            repositories.configure(name, changes)
        case PutLifecyclePolicy(name=name, new=document):
            repositories.put_lifecycle(name, document)
        case PutRepositoryPolicy(name=name, new=ours):
            repositories.put_policy(name, ours)
        case DeleteRepository(name=name):
            repositories.delete(name)


def _redshift(action: SqlAction | HolderAction, world: World) -> Answer:
    if isinstance(action, SqlAction):
        return _sql(action, world)
    if world.holder is None:
        raise AwsError("the plan attaches a role, but the settings name neither cluster nor workgroup")
    match action:
        case AttachRole(role=role):
            world.holder.attach(role)
        case DetachRole(role=role):
            world.holder.detach(role)
        case _:
            raise NoBranchError(action)
    return ""


def _function(action: FunctionAction, world: World) -> str:
    match action:
        case CreateFunction():
            return world.functions.create(action)
        case AwaitFunction(name=name):
            world.functions.settle(name)
        case UpdateFunctionConfiguration():
            world.functions.configure(action)
        case UpdateFunctionCode(name=name, new=image, architecture=architecture):
            world.functions.run_image(name, image, architecture)
        case TagFunction(name=name, tags=tags, removed=removed):
            world.functions.tag(name, tags, removed)
        case KeepLogs() | ReserveConcurrency() | ProvisionConcurrency():
            _capacity(action, world)
        case GrantInvoke(name=name, new=principal):
            world.functions.grant(name, principal)
        case RevokeInvoke(name=name):
            world.functions.revoke(name)
        case DeleteFunction(name=name):
            world.functions.delete(name)
        case _:
            raise NoBranchError(action)
    return ""


def _capacity(action: KeepLogs | ReserveConcurrency | ProvisionConcurrency, world: World) -> None:
    match action:
        case KeepLogs(name=name, new=days, tags=tags):
            world.logs.keep(name, days, tags)
        case ReserveConcurrency(name=name, new=calls):
            world.functions.reserve(name, calls)
        case ProvisionConcurrency(name=name, alias=alias, new=containers):
            world.functions.provision(name, alias, containers)


def _rollout(action: RolloutAction, world: World) -> str:
    match action:
        case TryImage(creation=creation):
            _try(creation, world)
        case GoLive():
            return _go_live(action, world)
        case _:
            raise NoBranchError(action)
    return ""


def _try(creation: CreateFunction, world: World) -> None:
    """What an earlier run may have left is made anew: it may hold other code."""
    world.functions.delete(creation.name)
    try:
        world.functions.create(creation)
        world.versions.ask(creation.name)
    finally:
        world.functions.delete(creation.name)


def _go_live(action: GoLive, world: World) -> str:
    """Gives the version. What is too old goes before the alias moves: after that, nothing would be planned again."""
    version = world.versions.publish(action.name)
    if action.tested:
        world.versions.ask(action.name, version)
    world.versions.prune(action.name, keep=action.keep, alias=action.alias)
    world.versions.point(action.name, action.alias, version)
    return version


def _sql(action: SqlAction, world: World) -> Answer:
    if world.warehouse is None:
        raise WarehouseError("the plan has SQL, but no Redshift is configured", hint="set RS_HOST and plan again")
    world.warehouse.run(action.statements)
    if not isinstance(action, RunSql):
        return ""
    made = {routine.name for change in action.changes for routine in change.signatures}
    return world.warehouse.definitions_in(action.schema, sorted(made)) if made else ""
