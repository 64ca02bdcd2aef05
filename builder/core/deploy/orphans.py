"""What is ours and what the catalogue no longer has: SQL functions, Lambda functions, repositories. And its removal.

Ours is what carries our tags, or what the receipt says that we made in this schema. A Lambda function or a repository
that functions in another place may still need is no orphan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder import names
from builder.core.deploy import policies
from builder.core.deploy.actions import DeleteFunction, DeleteRepository, Note, RunSql, SqlChange
from builder.core.deploy.receipt import NOWHERE, place_of
from builder.core.deploy.replaced import ZIP
from builder.core.sql import statements as sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from builder.core.catalog.selection import Gone
    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action
    from builder.core.deploy.observed import FunctionState, Observed
    from builder.model import Module


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """`kind` is `function` (in Redshift), `lambda` or `repository`; `module` what it was of, "" where nobody knows."""

    kind: str
    name: str
    module: str


def orphans(modules: Sequence[Module], settings: Settings, observed: Observed) -> tuple[Orphan, ...]:
    """All of them, callers first. `modules` is the whole catalogue; `observed` must have been asked for strangers."""
    return (
        *(Orphan(kind="function", name=name, module=module) for module, name in _routines(modules, settings, observed)),
        *_lambdas(modules, settings, observed),
        *_repositories(modules, settings, observed),
    )


def prune(
    modules: Sequence[Module], settings: Settings, observed: Observed, only: Gone | None = None
) -> Iterator[Action]:
    """Takes the orphans away: SQL of each module in one transaction, then what nothing calls any more.

    With `only`, of the orphans just those that it names; a Lambda function that another orphan calls stays with it.
    """
    place = observed.receipt.place(place_of(settings))
    gone: dict[str, list[SqlChange]] = {}
    calling: set[str] = set()
    for module, name in _routines(modules, settings, observed):
        if only is not None and name not in only.functions:
            calling.add(module)
            continue
        entry = place.functions[name]
        there = {routine.key: routine for routine in observed.warehouse.routines} if observed.warehouse else {}
        dropped = tuple(there[each.key] for each in reversed(entry.routines()) if each.key in there)
        change = SqlChange(function=name, kind=entry.kind, old=entry.fingerprint, new=None, dropped=dropped)
        gone.setdefault(module, []).append(change)
    for module, changes in gone.items():
        drops = tuple(sql.drop_routine(each, schema=settings.schema) for change in changes for each in change.dropped)
        yield RunSql(module=module, schema=settings.schema, changes=tuple(changes), statements=drops)
    for orphan in _lambdas(modules, settings, observed):
        if only is None or (orphan.module in only.modules - calling) or _is_own(orphan.name, only, settings):
            yield DeleteFunction(module=orphan.module, name=orphan.name)
    for orphan in _repositories(modules, settings, observed):
        if only is None or _is_image_of(orphan.module, only.modules - calling, settings, observed):
            yield DeleteRepository(module=orphan.module, name=orphan.name)
    yield from _forget(modules, observed, only)


def _forget(modules: Sequence[Module], observed: Observed, only: Gone | None) -> Iterator[Note]:
    """What was noted without a Redshift."""
    known = {function.name for module in modules for function in module.functions}
    lost: dict[str, list[str]] = {}
    for name, entry in observed.receipt.place(NOWHERE).functions.items():
        if name not in known and (only is None or name in only.functions):
            lost.setdefault(entry.module, []).append(name)
    for module, found in lost.items():
        yield Note(module=module, forget=tuple(found))


def _is_own(name: str, only: Gone, settings: Settings) -> bool:
    """Whether it is the Lambda function of a single function that is gone."""
    found = [names.lambda_name(settings.lambda_prefix, each) for each in only.functions]
    return name in found or name in map(names.moved_name, found)


def _is_image_of(image: str, modules: Iterable[str], settings: Settings, observed: Observed) -> bool:
    """Whether it is the image of one of the modules, or of a part: `geo-2` is of `geo`, if no module is called so."""
    tagged = {state.name: _module_of(state) for state in observed.strangers}
    owner = tagged.get(names.lambda_name(settings.lambda_prefix, image))
    return any(image == each or (image.startswith(f"{each}-") and owner in (None, each)) for each in modules)


def remarks(modules: Sequence[Module], settings: Settings, observed: Observed) -> Iterator[str]:
    """Functions of these modules that a deploy leaves where they are, though nothing may answer to them any more."""
    chosen = {module.name for module in modules}
    lost = [name for module, name in _routines(modules, settings, observed) if module in chosen]
    if lost:
        names = ", ".join(sorted(lost))
        yield f"still in Redshift and no longer in the catalogue: {names} (`builder deploy --prune` takes them away)"


def _routines(modules: Sequence[Module], settings: Settings, observed: Observed) -> Iterator[tuple[str, str]]:
    """Module and name of functions that we made in this schema, that stand there, and that the catalogue has lost.

    The last made comes first: a function may call those that were made before it.
    """
    known = {function.name for module in modules for function in module.functions}
    listed = {routine.key for routine in observed.warehouse.routines} if observed.warehouse else set()
    for name, entry in reversed(observed.receipt.place(place_of(settings)).functions.items()):
        if name not in known and any(routine.key in listed for routine in entry.routines()):
            yield entry.module, name


def _lambdas(modules: Sequence[Module], settings: Settings, observed: Observed) -> Iterator[Orphan]:
    for state in observed.strangers:
        module = _module_of(state)
        # A zip function is not ours, whoever has put our tags on it.
        ours = policies.is_ours(state.tags, settings.lambda_prefix) and state.package_type != ZIP
        # Nothing calls what new code was tried in: a process that was killed has left it.
        gone = _is_gone(state, module, modules, settings) and not _needed(module, settings, observed)
        if ours and (gone or names.is_trial(state.name)):
            yield Orphan(kind="lambda", name=state.name, module=module)


def _module_of(state: FunctionState) -> str:
    return {tag.key: tag.value for tag in state.tags}.get(policies.MODULE_TAG, "")


def _is_gone(state: FunctionState, module: str, modules: Sequence[Module], settings: Settings) -> bool:
    """Whether its module has gone, or the one function that it was for.

    By its name, not by what Redshift has: a run that was cut may have dropped the SQL already. A part of a module that
    is there stays, under an older split: a release may lead back to it.
    """
    if module not in {each.name for each in modules}:
        return True
    shared = names.lambda_name(settings.lambda_prefix, module)
    return re.fullmatch(rf"{re.escape(shared)}(-\d+)?(-image)?", state.name) is None


def _repositories(modules: Sequence[Module], settings: Settings, observed: Observed) -> Iterator[Orphan]:
    prefix = settings.lambda_prefix
    # A second set runs the same images: while there is one, none goes.
    for state in () if observed.suffixes else observed.stranger_repositories:
        image = state.name.rpartition("/")[2].removeprefix(prefix)
        # An image of a module that is there may be one of its parts, under an older split: a release may lead back.
        part = any(image == each.name or image.startswith(f"{each.name}-") for each in modules)
        if policies.is_ours(state.tags, prefix) and not part and not _needed(image, settings, observed):
            yield Orphan(kind="repository", name=state.name, module=image)


def _needed(module: str, settings: Settings, observed: Observed) -> bool:
    """Whether functions of the module stand in another place, where its Lambda functions may be called."""
    elsewhere = (
        place for label, place in observed.receipt.places.items() if label not in (place_of(settings), NOWHERE)
    )
    return any(
        entry.module == module and entry.kind == "lambda" for place in elsewhere for entry in place.functions.values()
    )
