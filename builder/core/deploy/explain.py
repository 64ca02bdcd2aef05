"""Any plan to text or JSON. A dry run is this and nothing else: the same tuple goes to apply."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

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
    ProvisionConcurrency,
    PushImage,
    PutLifecyclePolicy,
    PutRepositoryPolicy,
    PutRolePolicy,
    RemarkAction,
    RepositoryAction,
    ReserveConcurrency,
    RevokeInvoke,
    RoleAction,
    RolloutAction,
    RunSql,
    SplitModule,
    TagFunction,
    TryImage,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
    UpdateTrust,
)
from builder.core.deploy.details import details
from builder.core.deploy.plan_options import digest
from builder.core.deploy.receipt import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from builder.core.deploy.receipt import Receipt

NOTHING = "nothing to do"
ADD, CHANGE, REMOVE, OTHER = "+", "~", "-", "."


def kind(action: Action) -> str:
    """The action's name in JSON: `create_function`."""
    return kind_of(type(action))


def kind_of(action: type) -> str:
    """The same, of a class of actions."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", action.__name__).lower()


def sign(action: Action) -> str:
    """`+` makes, `~` changes, `-` takes away, `.` leaves the world as it is."""
    if isinstance(action, RunSql):
        if all(change.new is None for change in action.changes):
            return REMOVE
        return ADD if all(change.old is None and not change.dropped for change in action.changes) else CHANGE
    if isinstance(action, (AwaitFunction, TryImage, RemarkAction)):
        return OTHER
    word = kind(action).partition("_")[0]
    if isinstance(action, (PutRolePolicy, PutLifecyclePolicy, PutRepositoryPolicy, GoLive)):
        return ADD if action.old is None else CHANGE
    return {
        "create": ADD,
        "grant": ADD,
        "delete": REMOVE,
        "drop": REMOVE,
        "revoke": REMOVE,
        "attach": ADD,
        "push": ADD,
        "detach": REMOVE,
    }.get(word, CHANGE)


def title(action: Action) -> str:
    """What is acted on, in a few words: a line of the plan, and of apply's progress."""
    if isinstance(action, (RoleAction, HolderAction)):
        return _role_title(action)
    if isinstance(action, RepositoryAction):
        return _repository_title(action)
    if isinstance(action, (FunctionAction, RolloutAction)):
        aspect = _aspect(action)
        return f"Lambda function {action.name}" + (f": {aspect}" if aspect else "")
    if isinstance(action, RemarkAction):
        return _remark_title(action)
    if isinstance(action, RunSql):
        return f"SQL of {action.module} in {action.schema}: {_count(len(action.changes), 'function')}"
    return f"schema {action.schema}"


def _role_title(action: RoleAction | HolderAction) -> str:
    match action:
        case AttachRole(role=role, holder=holder) | DetachRole(role=role, holder=holder):
            words = f"{role.rpartition('/')[2]} at {holder}"
        case CreateRole(name=name) | DeleteRole(name=name):
            words = name
        case UpdateTrust(role=role):
            words = f"{role}: trust"
        case PutRolePolicy(role=role, policy=policy):
            words = f"{role}: policy {policy}"
        case _:
            raise NoBranchError(action)
    return f"role {words}"


def _remark_title(action: RemarkAction) -> str:
    if isinstance(action, SplitModule):
        return f"module {action.module} is split: image {action.image}"
    return f"receipt of {action.module}: {'remember' if action.remember else 'forget'}"


def _repository_title(action: RepositoryAction) -> str:
    match action:
        case CreateRepository() | DeleteRepository():
            aspect = ""
        case ConfigureRepository():
            aspect = ": configuration"
        case PutLifecyclePolicy():
            aspect = ": lifecycle"
        case PutRepositoryPolicy():
            aspect = ": other accounts"
        case PushImage():
            aspect = ": image"
        case _:
            raise NoBranchError(action)
    return f"repository {action.name}{aspect}"


def _aspect(action: FunctionAction | RolloutAction) -> str:
    if isinstance(action, RolloutAction):
        return f"version and alias {action.alias}" if isinstance(action, GoLive) else "try the image apart"
    match action:
        case CreateFunction() | DeleteFunction():
            aspect = ""
        case AwaitFunction(state=state):
            aspect = f"wait, it is {state}"
        case UpdateFunctionConfiguration():
            aspect = "configuration"
        case UpdateFunctionCode():
            aspect = "image"
        case TagFunction():
            aspect = "tags"
        case KeepLogs():
            aspect = "log retention"
        case ReserveConcurrency() | ProvisionConcurrency():
            aspect = "concurrency"
        case GrantInvoke() | RevokeInvoke():
            aspect = "permission"
        case _:
            raise NoBranchError(action)
    return aspect


def text(actions: Sequence[Action]) -> str:
    """The plan for people."""
    if not actions:
        return NOTHING
    lines = [line for action in actions for line in (f"{sign(action)} {title(action)}", *_indented(details(action)))]
    return "\n".join((*lines, "", summary(actions)))


def summary(actions: Iterable[Action]) -> str:
    """`3 to make, 1 to change, 0 to take away`."""
    signs = [sign(action) for action in actions]
    return f"{signs.count(ADD)} to make, {signs.count(CHANGE)} to change, {signs.count(REMOVE)} to take away"


def data(actions: Iterable[Action]) -> list[dict[str, Any]]:
    """The plan for programs: every field of every action. Policy documents are objects, of variables' values there are
    digests: what is printed or kept in a file shows no secret that somebody has put into a function.yaml.
    """
    return [{"action": kind(action), **_documents(_veiled(asdict(action)))} for action in actions]


def receipt(made: Receipt) -> str:
    """What stands after a deploy, for people."""
    lines = [f"account {made.account}, Region {made.region}, prefix {made.prefix}"]
    lines += [f"role      {arn}" for arn in made.roles.values()]
    lines += [f"Lambda    {entry.arn}  {entry.image}" for entry in made.lambdas.values()]
    for label, place in made.places.items():
        where = "Lambda alone, no Redshift" if label == NOWHERE else label
        lines.append(f"functions {len(place.functions)} in {where}")
    return "\n".join(lines)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _veiled(fields: dict[str, Any]) -> dict[str, Any]:
    veiled = {key: _veiled(value) if isinstance(value, dict) else value for key, value in fields.items()}
    if "environment" in fields:
        veiled["environment"] = tuple((name, digest(value)) for name, value in fields["environment"])
    return veiled


def _documents(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: json.loads(value) if _is_document(value) else value for key, value in fields.items()}


def _is_document(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{")
