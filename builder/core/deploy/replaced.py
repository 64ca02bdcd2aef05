"""From a zip Lambda for each function to images: which names are taken, what takes over from whom, what may go.

Lambda cannot change a function's package type (UpdateFunctionCode). So a function of type Zip keeps its name, ours is
called `{name}-image`, and the SQL moves over in its module's transaction. The old one is removed only on request, and
only where the catalogue names it: as the function's `lambda_name` or its own name, after the prefix.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder import names
from builder.core.catalog.units import own_name
from builder.core.deploy import policies
from builder.core.deploy.actions import DeleteFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from builder.core.catalog.units import Unit
    from builder.core.config.settings import Settings
    from builder.core.deploy.desired import Scope
    from builder.core.deploy.observed import FunctionState, Observed
    from builder.model import Function

    Find = Callable[[str], FunctionState | None]

ZIP = "Zip"


def settle(scopes: Iterable[Scope], settings: Settings, observed: Observed) -> tuple[Scope, ...]:
    """The scopes, knowing which of their Lambda functions have to have another name."""
    return tuple(_settled(scope, settings, observed.function) for scope in scopes)


def _settled(scope: Scope, settings: Settings, find: Find) -> Scope:
    wanted = replace(scope, moved=frozenset()).units(settings, whole=True)
    moved = frozenset(unit.name for unit in wanted if moves(unit.name, settings.lambda_prefix, find))
    return replace(scope, moved=moved) if moved else scope


def moves(name: str, prefix: str, find: Find) -> bool:
    """Whether a zip function has the name, or had it: what has moved once keeps its name."""
    standing = find(name)
    if standing is not None:
        return standing.package_type == ZIP
    other = find(names.moved_name(name))
    return other is not None and policies.is_ours(other.tags, prefix)


def replaced(scopes: Iterable[Scope], settings: Settings, observed: Observed) -> Iterator[tuple[str, str, Unit]]:
    """Zip functions that the catalogue names: module, name, and the unit that answers for it now."""
    zips = {*(observed.zips or ()), *(each.name for each in observed.functions if each.package_type == ZIP)}
    for scope in scopes:
        for unit in scope.units(settings):
            named = {_named(function, settings) for function in unit.functions if function.name in scope.names}
            named |= {name for name in scope.moved if names.moved_name(name) == unit.name}
            yield from ((scope.module.name, name, unit) for name in sorted(named & zips))


def left_over(scopes: Iterable[Scope], settings: Settings, observed: Observed) -> Iterator[Unit]:
    """Lambda functions of ours that a module had in the other mode, or before it was split, and needs no more."""
    prefix = settings.lambda_prefix
    for scope in scopes:
        wanted = {unit.name for unit in scope.units(settings, whole=True)}
        for unit in scope.every(settings):
            standing = observed.function(unit.name)
            if standing is not None and unit.name not in wanted and policies.is_ours(standing.tags, prefix):
                yield unit


def removals(scopes: Iterable[Scope], settings: Settings, observed: Observed) -> Iterator[DeleteFunction]:
    """What may go when it is asked for: all that a unit has replaced whose functions are all selected.

    Only where this plan, or one before it, has moved the SQL: without Redshift nobody knows who calls them.
    """
    if observed.zips is None or observed.warehouse is None:
        return
    scopes = tuple(scopes)
    chosen = {name for scope in scopes for name in scope.names}
    for module, name, unit in replaced(scopes, settings, observed):
        # One that had a single function's name answered to that one; one with a module's name, to all of them.
        single = name in {_named(each, settings) for each in unit.functions}
        if single or {each.name for each in unit.functions} <= chosen:
            yield DeleteFunction(module=module, name=name)
    for unit in left_over(scopes, settings, observed):
        elsewhere = _called_elsewhere(unit, observed)
        if not elsewhere and {each.name for each in unit.functions} <= chosen:
            yield DeleteFunction(module=unit.module, name=unit.name)


def remarks(scopes: Iterable[Scope], settings: Settings, observed: Observed) -> Iterator[str]:
    """Which zip functions are in the way, and what becomes of them."""
    removing = observed.zips is not None and observed.warehouse is not None
    for _, name, unit in replaced(scopes, settings, observed):
        rest = "and is removed" if removing else "and stays; --remove-replaced removes it, once nothing calls it"
        yield f"{name} is a zip Lambda, which cannot become an image: {unit.name} takes over, {rest}"


def _named(function: Function, settings: Settings) -> str:
    """What a Lambda of the function's own was called; a second set takes over from no Lambda of the first."""
    return f"{own_name(settings.lambda_prefix, function)}{settings.suffix}"


def _called_elsewhere(unit: Unit, observed: Observed) -> bool:
    """Whether another schema or cluster, whose SQL this plan does not move, may call it."""
    here = observed.warehouse.place if observed.warehouse else ""
    others = (place for label, place in observed.receipt.places.items() if label != here)
    return any(name in place.functions for place in others for name in (each.name for each in unit.functions))
