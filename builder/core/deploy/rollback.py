"""The plan of going back: Lambda functions and SQL as an earlier release of the same place has them.

It is a deploy whose wishes come from a release and not from the catalogue. What the last release has and this one has
not is dropped; what neither speaks of is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.core.deploy import plan_aws, plan_holder, plan_sql, policies
from builder.core.deploy.actions import Action, DeleteFunction, Note
from builder.core.deploy.checks import check_function
from builder.core.deploy.desired import Desired, own_roles
from builder.core.deploy.receipt import NOWHERE, place_of
from builder.core.sql import statements as sql
from builder.core.sql import text as sql_text
from builder.errors import AwsError, Problem, StaleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from builder.core.config.settings import Settings
    from builder.core.deploy.desired import DesiredSql
    from builder.core.deploy.observed import Identity, Observed
    from builder.core.deploy.release import Content
    from builder.model import Routine


def desired(target: Content, settings: Settings, identity: Identity) -> Desired:
    """What the release wants, callees before callers. Roles of ours are what today's settings say."""
    return Desired(
        rollout=settings.rollout,
        roles=own_roles(settings, identity) if target.lambdas else (),
        functions=tuple(target.lambdas.values()),
        sql=_ordered(target.functions.values(), settings.schema),
    )


def plan(target: Content, now: Content, settings: Settings, observed: Observed) -> tuple[Action, ...]:
    """What it takes to have `target` again in the place where `now` stands.

    Raises StaleError where an image is no longer in its registry, AwsError where something with our name is not ours.
    """
    _refuse(target, settings, observed)
    wanted = desired(target, settings, observed.identity)
    surplus = tuple(reversed(_ordered(_without(now, target), settings.schema)))
    return (
        *plan_aws.keep_roles(wanted, observed),
        *plan_holder.attach(wanted, observed, settings),
        *plan_aws.keep_functions(wanted, observed),
        *plan_sql.create_schema(wanted, observed, settings.schema),
        *plan_sql.run_parts(_parts(wanted.sql, surplus, now), wanted, observed, settings.schema),
        *_delete(target, now, settings, observed),
    )


def remarks(target: Content, settings: Settings, observed: Observed) -> tuple[str, ...]:
    """What the plan does not say by itself."""
    here = place_of(settings)
    modules = {wanted.module for wanted in target.lambdas.values()}
    return tuple(
        f"{label} calls the same Lambda functions: they go back there, too"
        for label, place in observed.receipt.places.items()
        if label != here and any(entry.module in modules for entry in place.functions.values())
    )


def _without(now: Content, target: Content) -> Iterator[DesiredSql]:
    return (entry for name, entry in now.functions.items() if name not in target.functions)


def _parts(wanted: Iterable[DesiredSql], surplus: Iterable[DesiredSql], now: Content) -> tuple[plan_sql.Part, ...]:
    """A transaction for each module: what goes, then what is wanted; modules in the order of what is wanted."""
    wanted, surplus = tuple(wanted), tuple(surplus)
    names: dict[str, list[str]] = {entry.module: [] for entry in (*wanted, *surplus)}
    known: dict[str, tuple[Routine, ...]] = {}
    for entry in (*surplus, *wanted):
        names[entry.module].append(entry.name)
        later = now.functions.get(entry.name)
        routines = (*entry.routines, *(later.routines if later else ()))
        known[entry.name] = tuple({routine.key: routine for routine in routines}.values())
    return tuple(plan_sql.Part(module=module, names=tuple(found), known=known) for module, found in names.items())


def _delete(target: Content, now: Content, settings: Settings, observed: Observed) -> Iterator[Action]:
    """Lambda functions that only the last release has, when no other place calls them. Their images stay."""
    here = place_of(settings)
    called = {
        entry.module
        for label, place in observed.receipt.places.items()
        if label != here
        for entry in place.functions.values()
    }
    for label, entry in now.lambdas.items():
        function = observed.function(entry.name)
        gone = label not in target.lambdas and entry.module not in called
        if gone and function is not None and policies.is_ours(function.tags, settings.lambda_prefix):
            yield DeleteFunction(module=entry.module, name=entry.name)
            noted = observed.receipt.place(NOWHERE).functions.items()
            if forget := tuple(name for name, known in noted if known.module == entry.module):
                yield Note(module=entry.module, forget=forget)


def _refuse(target: Content, settings: Settings, observed: Observed) -> None:
    hint = "a release can be gone back to while its images are there: push that image again, or take another release"
    gone = [
        Problem(where=wanted.name, what=f"{wanted.image} is no longer in its registry", hint=hint)
        for wanted in target.lambdas.values()
        if observed.image(wanted.image).present is False
    ]
    if gone:
        raise StaleError(problems=gone)
    standing = filter(None, (observed.function(wanted.name) for wanted in target.lambdas.values()))
    foreign = [problem for state in standing for problem in check_function(state, settings.lambda_prefix)]
    if foreign:
        raise AwsError(problems=foreign)


def _ordered(entries: Iterable[DesiredSql], schema: str) -> tuple[DesiredSql, ...]:
    """Callees before callers: a release is put together from deploys of parts, each with an order of its own."""
    given = {entry.name: entry for entry in entries}
    owners = {routine.name: name for name, entry in given.items() for routine in entry.routines}
    placed = sql.callees_first(_calls(given, owners, schema))
    return tuple(given[name] for name in dict.fromkeys((*placed, *given)))


def _calls(given: Mapping[str, DesiredSql], owners: Mapping[str, str], schema: str) -> dict[str, set[str]]:
    return {
        name: {
            owners[called]
            for statement in entry.statements
            if entry.kind == "sql"
            for called in sql_text.calls(statement.text, schema)
            if owners.get(called, name) != name
        }
        for name, entry in given.items()
    }
