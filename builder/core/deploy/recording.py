"""What each action leaves in the receipt, and what a look at the world takes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from builder.core.deploy.actions import (
    Action,
    CreateFunction,
    CreateRole,
    CreateSchema,
    DeleteFunction,
    DeleteRole,
    DropSchema,
    FunctionAction,
    GoLive,
    HolderAction,
    NoBranchError,
    Note,
    RepositoryAction,
    RoleAction,
    RolloutAction,
    RunSql,
    SplitModule,
    SqlAction,
    UpdateFunctionCode,
)
from builder.core.deploy.policies import is_ours
from builder.core.deploy.receipt import NOWHERE, Deployed, LambdaReceipt, Receipt, Signature

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from builder.core.deploy.actions import SqlChange
    from builder.core.deploy.observed import Observed
    from builder.model import Definition, Routine, RoutineKey

    # What an action answers: an ARN, the version of a publication, "", or how Redshift shows the functions.
    Answer: TypeAlias = str | tuple[Definition, ...]

Entry = TypeVar("Entry")


def before(receipt: Receipt, action: Action, place: str) -> Receipt:
    """What must be on disk before the action: that the schema is ours cannot be seen afterwards."""
    if isinstance(action, CreateSchema):
        return receipt.with_place(place, receipt.place(place).model_copy(update={"schema_created": True}))
    return receipt


def after(receipt: Receipt, action: Action, place: str, answer: Answer = "") -> Receipt:
    """The receipt once the action is done, and what it answered."""
    if isinstance(action, SqlAction):
        return _sql(receipt, action, place, () if isinstance(answer, str) else answer)
    arn = answer if isinstance(answer, str) else ""
    if isinstance(action, RoleAction):
        return _role(receipt, action, arn)
    if isinstance(action, FunctionAction):
        return _function(receipt, action, arn)
    if isinstance(action, RolloutAction):
        return _rollout(receipt, action, arn)
    if isinstance(action, (RepositoryAction, HolderAction, SplitModule)):
        return receipt
    if isinstance(action, Note):
        remembered = {name: Deployed(module=action.module) for name in action.remember}
        return receipt.with_functions(NOWHERE, remembered, forget=action.forget)
    raise NoBranchError(action)


def settled(observed: Observed) -> Receipt:
    """The receipt as the world is: without what was taken away, with what a lost answer kept from it."""
    return _settled_sql(_settled_aws(observed), observed)


def _settled_aws(observed: Observed) -> Receipt:
    receipt = observed.receipt
    roles = {name: arn for name, arn in receipt.roles.items() if name not in observed.missing_roles}
    for role in (observed.execution_role, observed.invoke_role):
        if role is not None and is_ours(role.tags, receipt.prefix):
            roles[role.name] = role.arn
    gone = {receipt.label_of(name) for name in observed.missing_functions}
    if observed.siblings is not None:
        gone |= receipt.lambdas.keys() - {receipt.label_of(name) for name in observed.siblings}
    lambdas = {label: entry for label, entry in receipt.lambdas.items() if label not in gone}
    for function in observed.functions:
        if is_ours(function.tags, receipt.prefix):
            lambdas[receipt.label_of(function.name)] = LambdaReceipt(
                arn=function.arn, image=function.image, version=function.live.version if function.live else ""
            )
    return receipt.model_copy(update={"roles": dict(sorted(roles.items())), "lambdas": dict(sorted(lambdas.items()))})


def _settled_sql(receipt: Receipt, observed: Observed) -> Receipt:
    warehouse = observed.warehouse
    if warehouse is None:
        return receipt
    place = receipt.place(warehouse.place)
    listed = {routine.key for routine in warehouse.routines}
    gone = [name for name, entry in place.functions.items() if not any(each.key in listed for each in entry.routines())]
    place = place.model_copy(update={"schema_created": place.schema_created and warehouse.schema_exists})
    return receipt.with_place(warehouse.place, place).with_functions(warehouse.place, {}, forget=gone)


def _role(receipt: Receipt, action: RoleAction, arn: str) -> Receipt:
    if isinstance(action, CreateRole):
        return receipt.model_copy(update={"roles": dict(sorted({**receipt.roles, action.name: arn}.items()))})
    if isinstance(action, DeleteRole):
        return receipt.model_copy(update={"roles": _without(receipt.roles, action.name)})
    return receipt


def _function(receipt: Receipt, action: FunctionAction, arn: str) -> Receipt:
    lambdas, label = receipt.lambdas, receipt.label_of(action.name)
    if isinstance(action, CreateFunction):
        lambdas = {**lambdas, label: LambdaReceipt(arn=arn, image=action.image)}
    elif isinstance(action, UpdateFunctionCode) and label in lambdas:
        entry = lambdas[label].model_copy(update={"image": action.new})
        lambdas = {**lambdas, label: entry}
    elif isinstance(action, DeleteFunction):
        lambdas = _without(lambdas, label)
    return receipt.model_copy(update={"lambdas": dict(sorted(lambdas.items()))})


def _rollout(receipt: Receipt, action: RolloutAction, version: str) -> Receipt:
    label = receipt.label_of(action.name)
    entry = receipt.lambdas.get(label)
    if not isinstance(action, GoLive) or entry is None:
        return receipt
    lambdas = {**receipt.lambdas, label: entry.model_copy(update={"version": version})}
    return receipt.model_copy(update={"lambdas": dict(sorted(lambdas.items()))})


def _sql(receipt: Receipt, action: SqlAction, place: str, shown: tuple[Definition, ...]) -> Receipt:
    if isinstance(action, RunSql):
        found = {each.key: each.fingerprint for each in shown}
        kept = {change.function: _deployed(action.module, change, found) for change in action.changes if change.new}
        gone = [change.function for change in action.changes if not change.new]
        # What was noted while there was no Redshift has its SQL now.
        known = receipt.with_functions(NOWHERE, {}, forget=[*kept, *gone])
        return known.with_functions(place, kept, forget=gone)
    if isinstance(action, DropSchema):
        return receipt.with_place(place, receipt.place(place).model_copy(update={"schema_created": False}))
    return receipt


def _deployed(module: str, change: SqlChange, shown: Mapping[RoutineKey, str]) -> Deployed:
    return Deployed(
        module=module,
        kind=change.kind,
        fingerprint=change.new or "",
        signatures=tuple(_signature(routine, shown.get(routine.key, "")) for routine in change.signatures),
        grantees=change.grantees,
    )


def _signature(routine: Routine, shown: str) -> Signature:
    return Signature(name=routine.name, arguments=routine.arguments, returns=routine.returns, shown=shown)


def _without(entries: Mapping[str, Entry], key: str) -> dict[str, Entry]:
    return {name: entry for name, entry in entries.items() if name != key}
