"""The SQL side of a plan: one transaction per module, schema before, schema after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from builder.core.deploy.actions import Action, CreateSchema, DropSchema, RunSql, SqlChange
from builder.core.deploy.desired import DesiredSql, Scope, ordered
from builder.core.sql import statements as sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from builder.core.deploy.desired import Desired
    from builder.core.deploy.observed import Observed
    from builder.core.deploy.receipt import Place
    from builder.model import Definition, Routine, RoutineKey, Statement


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one transaction may touch: functions of a module, with the signatures that each may have in Redshift."""

    module: str
    names: tuple[str, ...]
    known: Mapping[str, tuple[Routine, ...]]


def create_schema(desired: Desired, observed: Observed, schema: str) -> tuple[Action, ...]:
    """Only where it is missing: then it is ours, and remove may drop it."""
    warehouse = observed.warehouse
    if warehouse is None or warehouse.schema_exists or not desired.sql:
        return ()
    return (CreateSchema(schema=schema, statements=(sql.create_schema(schema),)),)


def drop_schema(plan: Iterable[Action], desired: Desired, observed: Observed, schema: str) -> tuple[Action, ...]:
    """Only a schema that we created, and only when this plan empties it: RESTRICT, never CASCADE."""
    warehouse = observed.warehouse
    if warehouse is None or desired.sql or not warehouse.schema_exists or warehouse.tables:
        return ()
    if not observed.receipt.place(warehouse.place).schema_created:
        return ()
    gone = {
        routine
        for action in plan
        if isinstance(action, RunSql)
        for change in action.changes
        for routine in change.dropped
    }
    if set(warehouse.routines) - gone:
        return ()
    return (DropSchema(schema=schema, statements=(sql.drop_schema(schema),)),)


def run_sql(scopes: Sequence[Scope], desired: Desired, observed: Observed, schema: str) -> tuple[Action, ...]:
    """Creations, replacements and drops of each module, in one transaction each."""
    if observed.warehouse is None:
        return ()
    place = observed.receipt.place(observed.warehouse.place)
    wanted = _by_module(desired)
    parts = (_part(scope, wanted.get(scope.module.name, {}), place) for scope in scopes)
    return run_parts(parts, desired, observed, schema)


def run_parts(parts: Iterable[Part], desired: Desired, observed: Observed, schema: str) -> tuple[Action, ...]:
    """The same, of functions that are told by name and not by the catalogue."""
    warehouse = observed.warehouse
    if warehouse is None:
        return ()
    place = observed.receipt.place(warehouse.place)
    listed: dict[str, list[Routine]] = {}
    for routine in warehouse.routines:
        listed.setdefault(routine.name, []).append(routine)
    shown = {each.key: each for each in warehouse.definitions}
    by_module = _by_module(desired)
    actions: list[RunSql] = []
    for part in parts:
        wanted = by_module.get(part.module, {})
        changes: list[SqlChange] = []
        for name in part.names:
            present = _present(_remembered(name, part.known.get(name, ()), place), listed)
            change = _change(name, wanted.get(name), present, _altered(name, place, shown), place)
            if change is not None:
                changes.append(change)
        if changes:
            statements = _statements(changes, wanted, schema)
            actions.append(RunSql(module=part.module, schema=schema, changes=tuple(changes), statements=statements))
    return _without_usage(actions, place)


def _without_usage(actions: Sequence[RunSql], place: Place) -> tuple[RunSql, ...]:
    """The last transaction takes USAGE of the schema from those who may call no function of this place any more.

    Only in a schema that we made: in another one they may have had it before us, which nothing tells.
    """
    left = {name: entry.grantees for name, entry in place.functions.items()}
    for change in (change for action in actions for change in action.changes):
        left[change.function] = change.grantees
        if change.new is None:
            del left[change.function]
    lost = {name for entry in place.functions.values() for name in entry.grantees}
    lost -= {name for grantees in left.values() for name in grantees}
    if not (actions and place.schema_created and left and lost):
        return tuple(actions)
    gone, last = tuple(sorted(lost)), actions[-1]
    statements = (*last.statements, sql.revoke_usage(last.schema, gone))
    return (*actions[:-1], replace(last, statements=statements, revoked=gone))


def _by_module(desired: Desired) -> dict[str, dict[str, DesiredSql]]:
    """What is wanted, by module and function: once for all modules, of which there may be a thousand."""
    found: dict[str, dict[str, DesiredSql]] = {}
    for entry in desired.sql:
        found.setdefault(entry.module, {})[entry.name] = entry
    return found


def _part(scope: Scope, wanted: Mapping[str, DesiredSql], place: Place) -> Part:
    functions = {function.name: function for function in scope.module.functions}
    names = _names(scope, wanted, place)
    known = {
        name: wanted[name].routines if name in wanted else sql.routines(functions[name])
        for name in names
        if name in functions
    }
    return Part(module=scope.module.name, names=names, known=known)


def _names(scope: Scope, wanted: Mapping[str, DesiredSql], place: Place) -> tuple[str, ...]:
    """What the plan may touch: the selection, and in a removal of a whole module what it deployed in earlier days."""
    if wanted:
        return tuple(wanted)
    selected = tuple(function.name for function in reversed(ordered(scope.functions)))
    if not scope.whole:
        return selected
    module = scope.module.name
    orphans = (name for name, entry in place.functions.items() if entry.module == module and name not in selected)
    return (*selected, *orphans)


def _remembered(name: str, now: tuple[Routine, ...], place: Place) -> tuple[Routine, ...]:
    """Signatures of a function: those that it has and, where they differ, those that the receipt remembers."""
    before = place.functions[name].routines() if name in place.functions else ()
    return (*now, *(routine for routine in before if routine.key not in {known.key for known in now}))


def _present(known: Sequence[Routine], listed: Mapping[str, Sequence[Routine]]) -> tuple[Routine, ...]:
    """Which of them are in Redshift; the last made comes first, so that a wrapper goes before what it calls."""
    return tuple(
        there for routine in reversed(known) for there in listed.get(routine.name, ()) if there.key == routine.key
    )


def _altered(name: str, place: Place, shown: Mapping[RoutineKey, Definition]) -> tuple[Definition, ...] | None:
    """Those that are shown otherwise than we left them; None where we have never looked, and cannot know."""
    signatures = place.functions[name].signatures if name in place.functions else ()
    if any(each.shown is None for each in signatures):
        return None
    found = ((each.shown, shown.get(each.routine().key)) for each in signatures)
    return tuple(now for before, now in found if now is not None and now.fingerprint != before)


def _change(
    name: str,
    wanted: DesiredSql | None,
    present: tuple[Routine, ...],
    altered: tuple[Definition, ...] | None,
    place: Place,
) -> SqlChange | None:
    entry = place.functions.get(name)
    old, held = (entry.fingerprint, entry.grantees) if entry else (None, ())
    if wanted is None:
        return SqlChange(function=name, old=old, new=None, dropped=present) if present else None
    # A wrapper depends on the external function under it: if one of them must go, all go and are made again.
    misfits = set(present) - set(wanted.routines)
    dropped = present if misfits else ()
    made = old != wanted.fingerprint or not set(wanted.routines) <= set(present) or bool(misfits) or altered != ()
    if not made and set(held) == set(wanted.grantees):
        return None
    return SqlChange(
        function=name,
        kind=wanted.kind,
        old=old,
        new=wanted.fingerprint,
        dropped=dropped,
        signatures=wanted.routines,
        made=made,
        altered=altered or (),
        grantees=wanted.grantees,
        # What is dropped takes its privileges along.
        revoked=() if dropped else tuple(each for each in held if each not in wanted.grantees),
    )


def _statements(changes: Iterable[SqlChange], wanted: dict[str, DesiredSql], schema: str) -> tuple[Statement, ...]:
    drops = [sql.drop_routine(routine, schema=schema) for change in changes for routine in change.dropped]
    made = (statement for change in changes if change.new for statement in _made(change, wanted, schema))
    return (*drops, *made)


def _made(change: SqlChange, wanted: Mapping[str, DesiredSql], schema: str) -> Iterator[Statement]:
    entry = wanted[change.function]
    if change.made:
        yield from entry.statements
    if change.revoked:
        # Without grantees it is PUBLIC's again, as with a function that never had any.
        public = not change.grantees
        lost = [each for each in change.revoked if not (public and each.lower() == "public")]
        yield from sql.revoke(entry.routines, schema=schema, grantees=lost, public=public)
    yield from entry.grants
