"""One action of a plan through the doors of the world. Every kind of action has its branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.core.deploy.actions import (
    Action,
    AwaitFunction,
    CreateFunction,
    CreateRole,
    DeleteFunction,
    DeleteRepository,
    DeleteRole,
    FunctionAction,
    GrantInvoke,
    NoBranchError,
    Note,
    PutRolePolicy,
    RevokeInvoke,
    RoleAction,
    SqlAction,
    TagFunction,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
    UpdateTrust,
)
from builder.errors import WarehouseError

if TYPE_CHECKING:
    from builder.adapters.observe import World


def execute(action: Action, world: World) -> str:
    """Carries one action out. Gives the ARN of what was made, or "". Raises AwsError and WarehouseError."""
    if isinstance(action, RoleAction):
        return _role(action, world)
    if isinstance(action, FunctionAction):
        return _function(action, world)
    if isinstance(action, SqlAction):
        return _sql(action, world)
    if isinstance(action, DeleteRepository):
        world.repositories.delete(action.name)
        return ""
    if isinstance(action, Note):
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


def _function(action: FunctionAction, world: World) -> str:
    match action:
        case CreateFunction():
            return world.functions.create(action)
        case AwaitFunction(name=name):
            world.functions.settle(name)
        case UpdateFunctionConfiguration():
            world.functions.configure(action)
        case UpdateFunctionCode(name=name, new=image):
            world.functions.run_image(name, image)
        case TagFunction(name=name, tags=tags):
            world.functions.tag(name, tags)
        case GrantInvoke(name=name, new=principal):
            world.functions.grant(name, principal)
        case RevokeInvoke(name=name):
            world.functions.revoke(name)
        case DeleteFunction(name=name):
            world.functions.delete(name)
        case _:
            raise NoBranchError(action)
    return ""


def _sql(action: SqlAction, world: World) -> str:
    if world.warehouse is None:
        raise WarehouseError("the plan has SQL, but no Redshift is configured", hint="set RS_HOST and plan again")
    world.warehouse.run(action.statements)
    return ""
