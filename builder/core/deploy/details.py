"""What each action of a plan sets, old and new: the lines under its title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.core.deploy.actions import (
    AttachRole,
    ConfigureRepository,
    CreateFunction,
    CreateRepository,
    CreateRole,
    DetachRole,
    FunctionAction,
    GrantInvoke,
    KeepLogs,
    ProvisionConcurrency,
    PushImage,
    PutLifecyclePolicy,
    PutRepositoryPolicy,
    PutRolePolicy,
    RemarkAction,
    RepositoryAction,
    ReserveConcurrency,
    RevokeInvoke,
    RolloutAction,
    RunSql,
    SplitModule,
    TagFunction,
    TryImage,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
    UpdateTrust,
)
from builder.core.deploy.plan_options import fields
from builder.model import NO_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.deploy.actions import Action, Change, SqlChange

# Characters of a definition that a line has room for; the JSON has all.
SHOWN = 120


def details(action: Action) -> tuple[str, ...]:
    """What is set, old and new, a line each."""
    if isinstance(action, FunctionAction):
        return _function_details(action)
    if isinstance(action, RolloutAction):
        return _rollout_details(action)
    if isinstance(action, RepositoryAction):
        return _repository_details(action)
    if isinstance(action, RemarkAction):
        return _remark_details(action)
    lines: tuple[str, ...] = ()
    match action:
        case CreateRole(trust=trust):
            lines = (f"trust  {trust}",)
        case UpdateTrust(old=old, new=new):
            lines = (f"from  {old}", f"to    {new}")
        case PutRolePolicy(old=before, new=new):
            lines = _document(before, new)
        case AttachRole(role=role, old=others) | DetachRole(role=role, old=others):
            lines = (f"role  {role}", *(f"stays  {other}" for other in others if other != role))
        case RunSql(changes=changes):
            lines = (*(line for change in changes for line in _sql(change)), *_unused(action))
    return lines


def _repository_details(action: RepositoryAction) -> tuple[str, ...]:
    lines: tuple[str, ...] = ()
    match action:
        case CreateRepository():
            lines = ("tags   immutable, images are scanned when they are pushed",)
        case ConfigureRepository(changes=changes):
            lines = tuple(_changed(change) for change in changes)
        case PutLifecyclePolicy(old=old, new=new) | PutRepositoryPolicy(old=old, new=new):
            lines = _document(old, new)
        case PushImage(address=address, digest=digest, size=size):
            lines = (f"image  {address}@{digest}, {size / 1e6:.1f} MB unpacked",)
    return lines


def _document(old: str | None, new: str | None) -> tuple[str, ...]:
    if old is None:
        return (f"document  {new}",)
    return f"from  {old}", f"to    {new or '(none)'}"


def _function_details(action: FunctionAction) -> tuple[str, ...]:
    lines: tuple[str, ...] = ()
    match action:
        case CreateFunction():
            lines = _creation(action)
        case UpdateFunctionConfiguration(changes=changes):
            lines = tuple(_changed(change) for change in changes)
        case TagFunction(changes=changes, removed=removed):
            lines = (*(_changed(change) for change in changes), *(f"{key}  taken away" for key in removed))
        case KeepLogs(old=past, new=days):
            lines = (f"days  {past or '(all)'} -> {days or '(all)'}",)
        case ReserveConcurrency(old=former, new=later):
            lines = (f"reserved  {_none(former)} -> {_none(later)}",)
        case ProvisionConcurrency(old=idle, new=ready, alias=alias):
            lines = (f"provisioned at {alias}  {idle} -> {ready}",)
        case UpdateFunctionCode(old=old, new=new):
            lines = (f"from  {old}", f"to    {new}", *_architecture(action))
        case GrantInvoke(old=before, new=new):
            lines = (f"may call it  {new}" + (f" instead of {before}" if before else ""),)
        case RevokeInvoke(old=old):
            lines = (f"may not call it any more  {old}",)
    return lines


def _architecture(action: UpdateFunctionCode) -> tuple[str, ...]:
    if action.old_architecture == action.architecture:
        return ()
    return (f"architecture  {action.old_architecture} -> {action.architecture}",)


def _creation(action: CreateFunction) -> tuple[str, ...]:
    given = (f"{field}  {new}" for field, _, new in fields(action.options, NO_OPTIONS) if new)
    limits = f"memory {action.memory_size} MB, time-out {action.timeout} s, {action.architecture}"
    return f"image  {action.image}", f"role   {action.role}", limits, *given


def _none(number: int | None) -> str:
    return "(none)" if number is None else str(number)


def _sql(change: SqlChange) -> tuple[str, ...]:
    dropped = tuple(f"drop  {routine}" for routine in change.dropped)
    # What is dropped goes with all that the function has: nothing is left to replace.
    word = "create" if change.old is None or change.dropped else "replace"
    made = tuple(f"{word}  {routine}" for routine in change.signatures if change.made)
    altered = tuple(f"changed in Redshift  {each.name}  {_cut(str(each))}" for each in change.altered)
    return (*altered, *dropped, *made, *_privileges(change))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _privileges(change: SqlChange) -> tuple[str, ...]:
    """Who may call it is told where that is all, and whom it is taken from always."""
    granted = () if change.made else (f"grant  {change.function} to {', '.join(change.grantees) or 'public'}",)
    # Where nobody is granted anything, PUBLIC has it.
    lost = [each for each in change.revoked if change.grantees or each.lower() != "public"]
    return (*(f"revoke  {change.function} from {grantee}" for grantee in lost), *granted)


def _unused(action: RunSql) -> Iterator[str]:
    return (f"revoke  schema {action.schema} from {grantee}" for grantee in action.revoked)


def _rollout_details(action: RolloutAction) -> tuple[str, ...]:
    if isinstance(action, TryImage):
        return (f"image  {action.creation.image}", f"in     {action.creation.name}, for as long as it takes")
    before = f" instead of version {action.old}" if action.old else ""
    return (f"{action.alias}   a version of {action.image}{before}{'' if action.tested else ', untested'}",)


def _changed(change: Change) -> str:
    return f"{change.field}  {change.old or '(none)'} -> {change.new or '(none)'}"


def _remark_details(action: RemarkAction) -> tuple[str, ...]:
    if isinstance(action, SplitModule):
        return f"holds  {', '.join(action.functions)}", f"why    {action.reason}"
    return (", ".join((*action.remember, *action.forget)),)
