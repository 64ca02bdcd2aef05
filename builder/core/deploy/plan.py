"""The deploy plan: `plan` for what a selection wants, `plan_removal` for the same selection with nothing wanted.

Both compare a Desired with an Observed and give the actions in the order of their execution: roles, images, functions,
schema, SQL; then, on the way down, functions, repositories, schema, roles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder.core.deploy import checks as deploy_checks
from builder.core.deploy import plan_aws, plan_holder, plan_images, plan_sql, policies, replaced
from builder.core.deploy.actions import (
    Action,
    DeleteFunction,
    DeleteRepository,
    DeleteRole,
    DropSchema,
    FunctionAction,
    Note,
    PushImage,
    RolloutAction,
    RunSql,
    SplitModule,
)
from builder.core.deploy.desired import Desired, Scope, desire
from builder.core.deploy.receipt import NOWHERE, place_of
from builder.core.sql import statements as sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from builder.core.catalog.units import Unit
    from builder.core.config.settings import Settings
    from builder.core.deploy.observed import Observed
    from builder.model import Image


def plan(
    scopes: Sequence[Scope], lock: Mapping[str, Image], settings: Settings, observed: Observed
) -> tuple[Action, ...]:
    """What it takes to have `scopes` deployed. Empty where nothing has changed.

    Raises SettingsError for names over their limits and grantees who are not there, BuildError for images that are not
    locked or not pushed, AwsError where something with our name is not ours.
    """
    return towards(wanted(scopes, lock, settings, observed), scopes, settings, observed)


def wanted(scopes: Sequence[Scope], lock: Mapping[str, Image], settings: Settings, observed: Observed) -> Desired:
    """What `plan` leads to. Raises the same."""
    scopes = replaced.settle(scopes, settings, observed)
    deploy_checks.refuse(scopes, lock, settings, observed)
    images = plan_images.wanted(scopes, lock, settings, observed)
    pushed = {**lock, **{each.image.module: each.image for each in images}}
    return replace(desire(scopes, pushed, settings, observed.identity), images=images)


def towards(
    desired: Desired, scopes: Sequence[Scope], settings: Settings, observed: Observed, *, replacing: bool = True
) -> tuple[Action, ...]:
    """The actions of `plan`, where what is wanted is known already.

    With `replacing`, what these functions have taken over from goes, where the look was at that too.
    """
    scopes = replaced.settle(scopes, settings, observed)
    actions = (
        *plan_aws.keep_roles(desired, observed),
        *plan_images.push(desired, settings, observed),
        *plan_holder.attach(desired, observed, settings),
        *plan_aws.keep_functions(desired, observed),
        *plan_sql.create_schema(desired, observed, settings.schema),
        *plan_sql.run_sql(scopes, desired, observed, settings.schema),
        *(replaced.removals(scopes, settings, observed) if replacing else ()),
        *_remember(scopes, settings, observed),
    )
    return (*_splits(scopes, settings, actions), *actions)


def _splits(scopes: Iterable[Scope], settings: Settings, actions: Sequence[Action]) -> Iterator[SplitModule]:
    """Why there are several images of a module, where something is going to be done about one of them."""
    images = {action.image for action in actions if isinstance(action, PushImage)}
    lambdas = {action.name for action in actions if isinstance(action, (FunctionAction, RolloutAction))}
    for scope in scopes:
        for part in scope.module.parts:
            units = {unit.name for unit in scope.units(settings, whole=True) if unit.image == part.image}
            if part.group and (part.image in images or units & lambdas):
                names = tuple(function.name for function in part.functions)
                yield SplitModule(module=part.name, image=part.image, functions=names, reason=part.reason)


def plan_removal(scopes: Sequence[Scope], settings: Settings, observed: Observed) -> tuple[Action, ...]:
    """What it takes to have nothing of `scopes` left, and all else untouched."""
    nothing = Desired()
    scopes = replaced.settle(scopes, settings, observed)
    statements = plan_sql.run_sql(scopes, nothing, observed, settings.schema)
    functions = tuple(plan_aws.delete_functions(_unused(standing, scopes, settings, observed), observed, settings))
    images = tuple(plan_aws.delete_repositories(_unused(_shared, scopes, settings, observed), observed, settings))
    roles = tuple(plan_aws.delete_roles(functions, nothing, observed, settings.lambda_prefix))
    return (
        *statements,
        *functions,
        *images,
        *plan_sql.drop_schema(statements, nothing, observed, settings.schema),
        *plan_holder.detach(roles, observed, settings),
        *roles,
        *_forget(scopes, observed),
    )


def standing(scope: Scope, settings: Settings, observed: Observed) -> tuple[Unit, ...]:
    """The Lambda functions that a removal is about, of whichever mode, with the functions that may call them."""
    found = [(unit, observed.function(unit.name)) for unit in scope.every(settings)]
    # A zip function is not ours, whoever has put our tags on it.
    there = [unit for unit, state in found if state is not None and state.package_type != replaced.ZIP]
    # A function whose own Lambda stands, and is meant to, calls that one.
    wanted = {unit.name for unit in scope.units(settings, whole=True) if unit.own}
    alone = {function for unit in there if unit.name in wanted for function in unit.functions}
    return tuple(
        unit if unit.own else replace(unit, functions=tuple(each for each in unit.functions if each not in alone))
        for unit in there
    )


def _shared(scope: Scope, settings: Settings, observed: Observed) -> tuple[Unit, ...]:
    """One for each image, with all functions in it: as long as one of them is called, the image is.

    Images are the first set's: a second one does not take them away, and keeps the first from it.
    """
    kept = {unit.image for unit in beside(scope, settings, observed)}
    found = () if settings.suffix else scope.every(settings)
    return tuple(unit for unit in found if not (unit.own or unit.moved or unit.image in kept))


def beside(scope: Scope, settings: Settings, observed: Observed) -> tuple[Unit, ...]:
    """Lambda functions of second sets, which run the images of the first."""
    others = (unit for suffix in observed.suffixes for unit in scope.every(replace(settings, suffix=suffix)))
    return tuple(unit for unit in others if unit.name in (observed.siblings or ()))


def _unused(
    find: Callable[[Scope, Settings, Observed], tuple[Unit, ...]],
    scopes: Iterable[Scope],
    settings: Settings,
    observed: Observed,
) -> Iterator[Unit]:
    for scope in scopes:
        yield from (unit for unit in find(scope, settings, observed) if not callers(scope, unit, settings, observed))


def callers(scope: Scope, unit: Unit, settings: Settings, observed: Observed) -> dict[str, set[str]]:
    """Functions outside the selection that call the Lambda function, by place.

    The receipt knows of other schemas and clusters; Redshift's own listing covers a receipt that was lost.
    """
    here, module = place_of(settings), scope.module
    elsewhere = {function.name for function in module.functions} - {function.name for function in unit.functions}
    found: dict[str, set[str]] = {}
    known = False
    for label, place in observed.receipt.places.items():
        for name, entry in place.functions.items():
            known = known or entry.module == module.name
            selected = label in (here, NOWHERE) and (scope.whole or name in scope.names)
            # What the catalogue has lost may be answered by any Lambda that several functions share.
            served = unit.serves((name,)) if unit.own else name not in elsewhere
            if entry.module == module.name and entry.kind == "lambda" and served and not selected:
                found.setdefault(label, set()).add(name)
    others = [function for function in unit.functions if function.name not in scope.names]
    listed = {routine.key for routine in observed.warehouse.routines} if observed.warehouse else set()
    for function in others:
        if any(routine.key in listed for routine in sql.routines(function)):
            found.setdefault(here, set()).add(function.name)
    if others and not known and not found:
        # Part of a module, and no record of what else was deployed of it: the Lambda stays.
        found["places that no receipt tells of, perhaps"] = {function.name for function in others}
    return found


def remarks(scopes: Sequence[Scope], settings: Settings, observed: Observed, *, removal: bool) -> tuple[str, ...]:
    """What the plan does not say by itself."""
    said = []
    if settings.warehouse is None:
        said.append("no Redshift is configured (RS_HOST): only Lambda functions are planned")
    if not removal:
        said += plan_holder.remark(settings, observed)
        said += replaced.remarks(replaced.settle(scopes, settings, observed), settings, observed)
    found = [(scope, unit) for scope in scopes if removal for unit in standing(scope, settings, observed)]
    for scope, unit in found:
        function = observed.function(unit.name)
        left = callers(scope, unit, settings, observed)
        if function is not None and left:
            who = ", ".join(
                f"{len(found)} other{'s' * (len(found) > 1)} in {label}" for label, found in sorted(left.items())
            )
            said.append(f"{function.name} stays, it is called by {who}")
        if function is not None and not left and not policies.is_ours(function.tags, settings.lambda_prefix):
            said.append(f"{function.name} stays, it does not carry our tags")
    if removal and not settings.suffix:
        second = (unit.name for scope in scopes for unit in beside(scope, settings, observed))
        said += [f"the image of {name} stays, which runs it" for name in second]
    return tuple(said)


def destroys(action: Action) -> bool:
    """Whether the action takes something away that the same plan may not bring back as it was."""
    if isinstance(action, RunSql):
        return any(change.dropped for change in action.changes)
    return isinstance(action, (DeleteFunction, DeleteRepository, DeleteRole, DropSchema))


def _remember(scopes: Sequence[Scope], settings: Settings, observed: Observed) -> Iterator[Action]:
    if settings.warehouse is not None:
        return
    noted = observed.receipt.place(NOWHERE).functions
    for scope in scopes:
        wanted = (function.name for function in scope.functions if function.kind == "lambda")
        new = tuple(name for name in wanted if name not in noted)
        if new:
            yield Note(module=scope.module.name, remember=new)


def _forget(scopes: Sequence[Scope], observed: Observed) -> Iterator[Action]:
    noted = observed.receipt.place(NOWHERE).functions
    for scope in scopes:
        old = tuple(
            name
            for name, entry in noted.items()
            if name in scope.names or (scope.whole and entry.module == scope.module.name)
        )
        if old:
            yield Note(module=scope.module.name, forget=old)
