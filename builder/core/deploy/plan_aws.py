"""The AWS side of a plan: roles, Lambda functions, repositories."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder import names
from builder.core.deploy import plan_options, policies
from builder.core.deploy.actions import (
    Action,
    AwaitFunction,
    Change,
    CreateFunction,
    CreateRole,
    DeleteFunction,
    DeleteRepository,
    DeleteRole,
    GoLive,
    GrantInvoke,
    PutRolePolicy,
    RevokeInvoke,
    TagFunction,
    TryImage,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
    UpdateTrust,
)
from builder.core.deploy.receipt import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from builder.core.catalog.units import Unit
    from builder.core.config.rollout import Rollout
    from builder.core.config.settings import Settings
    from builder.core.deploy.desired import Desired, DesiredFunction, DesiredRole
    from builder.core.deploy.observed import FunctionState, Observed, RoleState


def keep_roles(desired: Desired, observed: Observed) -> Iterator[Action]:
    """Roles of ours as they should be: created, or put right."""
    standing = {role.name: role for role in (observed.execution_role, observed.invoke_role) if role}
    for role in desired.roles:
        yield from _role(role, standing.get(role.name))


def _role(wanted: DesiredRole, standing: RoleState | None) -> Iterator[Action]:
    if standing is None:
        yield CreateRole(name=wanted.name, description=wanted.description, trust=wanted.trust, tags=wanted.tags)
    elif standing.trust != wanted.trust:
        yield UpdateTrust(role=wanted.name, old=standing.trust, new=wanted.trust)
    old = standing.policy(wanted.policy) if standing else None
    if old != wanted.document:
        yield PutRolePolicy(role=wanted.name, policy=wanted.policy, old=old, new=wanted.document)


def delete_roles(plan: Iterable[Action], desired: Desired, observed: Observed, prefix: str) -> Iterator[Action]:
    """Roles of ours when no function with our prefix is left to run under them or to be called by them."""
    if desired.functions or observed.siblings is None:
        return
    gone = {action.name for action in plan if isinstance(action, DeleteFunction)}
    if set(observed.siblings) - gone:
        return
    for role in (observed.execution_role, observed.invoke_role):
        if role is not None and policies.is_ours(role.tags, prefix):
            yield DeleteRole(name=role.name, policies=tuple(name for name, _ in role.policies))


def keep_functions(desired: Desired, observed: Observed) -> Iterator[Action]:
    """Lambda functions as they should be, each in the order that Lambda asks for: configuration, code, version,
    alias, permission.
    """
    for wanted in desired.functions:
        standing = observed.function(wanted.name)
        if standing is not None and standing.state == "Failed":
            # A function that failed to start cannot be updated out of it (Lambda, "Function states"): make it again.
            yield DeleteFunction(module=wanted.module, name=wanted.name)
            standing = None
        yield from plan_options.before(wanted, standing)
        if standing is None:
            yield _creation(wanted)
        else:
            if desired.rollout.smoke and _called_by_name(wanted.module, desired, observed):
                yield from _trial(wanted, standing)
            yield from _updates(wanted, standing)
        yield from plan_options.reserve(wanted, standing)
        yield from _live(wanted, standing, desired.rollout)
        yield from plan_options.provision(wanted, standing, desired.rollout)
        yield from _permission(wanted, standing.principals if standing else ())


def _called_by_name(module: str, desired: Desired, observed: Observed) -> bool:
    """Whether SQL may call the bare name. With the alias it does not, where all SQL that we know of says so already."""
    if not desired.rollout.alias:
        return True
    here = observed.warehouse.place if observed.warehouse else NOWHERE
    wanted = {entry.name: entry.fingerprint for entry in desired.sql}
    known = [
        label == here and wanted.get(name) == entry.fingerprint
        for label, place in observed.receipt.places.items()
        for name, entry in place.functions.items()
        if entry.module == module and entry.kind == "lambda"
    ]
    return not known or not all(known)


def _trial(wanted: DesiredFunction, standing: FunctionState) -> Iterator[Action]:
    """Where SQL calls the bare name, it calls new code as soon as the function has it: that is tried before, apart."""
    if _runs_other_code(wanted, standing):
        creation = replace(_creation(wanted), name=names.trial_name(wanted.name))
        yield TryImage(module=wanted.module, name=wanted.name, creation=creation)


def _live(wanted: DesiredFunction, standing: FunctionState | None, rollout: Rollout) -> Iterator[Action]:
    """A version of what is wanted behind the alias, unless there is one."""
    live = standing.live if standing else None
    if live and not _runs_other_code(wanted, live) and not any(_configuration(wanted, live)):
        return
    yield GoLive(
        module=wanted.module,
        name=wanted.name,
        alias=names.LIVE,
        old=live.version if live else None,
        image=wanted.image,
        tested=rollout.smoke,
        keep=rollout.versions,
    )


def _runs_other_code(wanted: DesiredFunction, standing: FunctionState) -> bool:
    """Digests are compared, not hosts: the same image has several names. A failed update is tried again."""
    other = standing.digest != wanted.image.partition("@")[2] or standing.architectures != (wanted.architecture,)
    return other or standing.last_update == "Failed"


def _creation(wanted: DesiredFunction) -> CreateFunction:
    return CreateFunction(
        module=wanted.module,
        name=wanted.name,
        role=wanted.role,
        image=wanted.image,
        architecture=wanted.architecture,
        memory_size=wanted.memory_size,
        timeout=wanted.timeout,
        options=wanted.options,
        tags=wanted.tags,
    )


def _updates(wanted: DesiredFunction, standing: FunctionState) -> Iterator[Action]:
    if standing.state == "Pending" or standing.last_update == "InProgress":
        state = standing.state if standing.state == "Pending" else f"update {standing.last_update}"
        yield AwaitFunction(module=wanted.module, name=wanted.name, state=state)
    changes = tuple(_configuration(wanted, standing))
    if changes:
        yield UpdateFunctionConfiguration(
            module=wanted.module,
            name=wanted.name,
            role=wanted.role,
            memory_size=wanted.memory_size,
            timeout=wanted.timeout,
            options=wanted.options,
            changes=changes,
        )
    if _runs_other_code(wanted, standing):
        yield UpdateFunctionCode(
            module=wanted.module,
            name=wanted.name,
            old=standing.image,
            new=wanted.image,
            old_architecture=", ".join(standing.architectures),
            architecture=wanted.architecture,
        )
    tags = {tag.key: tag.value for tag in standing.tags}
    stale = tuple(
        Change(field=tag.key, old=tags.get(tag.key, ""), new=tag.value)
        for tag in wanted.tags
        if tags.get(tag.key) != tag.value
    )
    gone = plan_options.gone_tags(wanted, standing)
    if stale or gone:
        yield TagFunction(module=wanted.module, name=wanted.name, tags=wanted.tags, changes=stale, removed=gone)


def _configuration(wanted: DesiredFunction, standing: FunctionState) -> Iterator[Change]:
    fields = (
        ("role", standing.role, wanted.role),
        ("memory_size", str(standing.memory_size), str(wanted.memory_size)),
        ("timeout", str(standing.timeout), str(wanted.timeout)),
        *plan_options.fields(wanted.options, standing.options),
    )
    for field, old, new in fields:
        if old != new:
            yield Change(field=field, old=old, new=new)


def _permission(wanted: DesiredFunction, principals: tuple[str, ...]) -> Iterator[Action]:
    if wanted.principal and principals != (wanted.principal,):
        old = ", ".join(principals) or None
        yield GrantInvoke(module=wanted.module, name=wanted.name, old=old, new=wanted.principal)
    elif principals and not wanted.principal:
        yield RevokeInvoke(module=wanted.module, name=wanted.name, old=", ".join(principals))


def delete_functions(unused: Iterable[Unit], observed: Observed, settings: Settings) -> Iterator[Action]:
    """Lambda functions that nobody uses any more, if they are ours, and what a trial has left of them."""
    for unit in unused:
        for name in (unit.name, names.trial_name(unit.name)):
            function = observed.function(name)
            if function is not None and policies.is_ours(function.tags, settings.lambda_prefix):
                yield DeleteFunction(module=unit.module, name=name)


def delete_repositories(unused: Iterable[Unit], observed: Observed, settings: Settings) -> Iterator[Action]:
    """Repositories of images that no Lambda function runs any more, if they are ours."""
    prefix = settings.lambda_prefix
    for unit in unused:
        repository = observed.image(unit.image).repository
        if repository is not None and policies.is_ours(repository.tags, prefix):
            yield DeleteRepository(module=unit.module, name=repository.name)
