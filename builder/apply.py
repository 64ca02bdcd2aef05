"""A plan becomes a receipt. Every action has its branch; the receipt is saved after every one of them.

Whatever fails, and wherever: what was done stays done and is on record, and the same command plans the rest.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.adapters import receipts
from builder.core import explain, recording
from builder.core.actions import (
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
from builder.errors import BuilderError, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from builder.adapters.observe import World
    from builder.console import Console
    from builder.core.receipt import Receipt


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Where the receipt lies, and which place in it this run is about."""

    file: Path
    place: str


def apply(
    actions: Sequence[Action], start: Receipt, *, world: World, ledger: Ledger, console: Console | None = None
) -> Receipt:
    """Carries the plan out, in its order, and gives the receipt. `start` is the receipt that the plan was made from.

    Raises what the adapters raise: AwsError, WarehouseError, SettingsError. What was done until then is on record.
    """
    made = start
    receipts.save(ledger.file, made)
    for number, action in enumerate(actions, 1):
        made = _keep(ledger, made, recording.before(made, action, ledger.place))
        try:
            with console.stage(f"{explain.sign(action)} {explain.title(action)}") if console else nullcontext():
                arn = _execute(action, world)
        except BuilderError:
            if console:
                done = f"{number - 1} of {len(actions)} steps are done and on record"
                console.line(f"stopped: {done}; the same command goes on from here")
            raise
        made = _keep(ledger, made, recording.after(made, action, ledger.place, arn))
    return made


def _keep(ledger: Ledger, old: Receipt, new: Receipt) -> Receipt:
    if new != old:
        receipts.save(ledger.file, new)
    return new


def _execute(action: Action, world: World) -> str:
    """Gives the ARN of what was made, or ""."""
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
