"""A plan in a file: what somebody looked at, to be carried out later as it is, or not at all.

The file is no script. `builder deploy --plan` looks at the world again and plans anew; only where the two plans are the
same, action by action and field by field, is it carried out. It holds what the plan prints and so no secret:
the actions, whom they are for, and which functions were selected.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from builder.core.catalog.selection import NOTHING_GONE, Gone, Selection, selection
from builder.core.deploy import explain
from builder.core.deploy.receipt import place_of
from builder.errors import Problem, StaleError, UsageError
from builder.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action
    from builder.core.deploy.desired import Scope
    from builder.core.deploy.observed import Identity
    from builder.model import Catalog

AGAIN = "nothing was done; look at it anew: builder plan --out FILE"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Target(_Strict):
    """Where a plan applies. `place` is `cluster:name/database/schema`, or `lambda` without Redshift."""

    account: str
    region: str
    prefix: str
    place: str


class Chosen(_Strict):
    """What the plan takes of one module."""

    module: str
    functions: list[str]


class Lost(_Strict):
    """What --diff has found to be deleted, and the plan takes away."""

    functions: list[str] = []
    modules: list[str] = []


class PlanFile(_Strict):
    """The file. `actions` are as `builder plan --format json` prints them; docs/plan.schema.json has their fields.

    `prune` and `remove_replaced` are what the plan was asked to take away, too.
    """

    version: Literal[1] = 1
    target: Target
    selection: list[Chosen]
    gone: Lost = Lost()
    prune: bool = False
    remove_replaced: bool = False
    actions: list[dict[str, Any]]


def of(
    actions: Sequence[Action],
    scopes: Sequence[Scope],
    settings: Settings,
    identity: Identity,
    *,
    gone: Gone = NOTHING_GONE,
    prune: bool = False,
    remove_replaced: bool = False,
) -> PlanFile:
    """The plan as a file's content."""
    return PlanFile(
        target=target(settings, identity),
        selection=[Chosen(module=scope.module.name, functions=sorted(scope.names)) for scope in scopes],
        gone=Lost(functions=sorted(gone.functions), modules=sorted(gone.modules)),
        prune=prune,
        remove_replaced=remove_replaced,
        actions=as_json(actions),
    )


def target(settings: Settings, identity: Identity) -> Target:
    """Where these settings and credentials lead."""
    return Target(
        account=identity.account, region=identity.region, prefix=settings.lambda_prefix, place=place_of(settings)
    )


def as_json(actions: Sequence[Action]) -> list[dict[str, Any]]:
    """The actions as JSON gives them back: lists for tuples."""
    data: list[dict[str, Any]] = json.loads(json.dumps(explain.data(actions)))
    return data


def refuse_place(path: Path) -> None:
    """Raises UsageError where no folder is there for the file: a name mistyped must not make folders."""
    if not path.parent.is_dir():
        raise UsageError(
            f"there is no folder {path.parent}", where=f"--out {path}", hint="make it, or name another one"
        )


def write(path: Path, plan: PlanFile) -> None:
    """Replaces the file in one step."""
    write_whole(path, json.dumps(plan.model_dump(), indent=2, ensure_ascii=False) + "\n")


def read(path: Path) -> PlanFile:
    """Raises UsageError for a file that is no plan, or one of another version."""
    try:
        return PlanFile.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError("there is no such file", where=str(path), hint="builder plan --out FILE writes it") from error
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8 text", where=str(path), hint=AGAIN) from error
    except ValidationError as error:
        problems = [
            Problem(where=str(path), key=".".join(map(str, each["loc"])), what=each["msg"], hint=AGAIN)
            for each in error.errors()
        ]
        raise UsageError(problems=problems) from error


def selected(plan: PlanFile, catalog: Catalog, *, where: str) -> Selection:
    """The plan's functions as the catalogue has them. Raises StaleError where it has lost one, or moved it."""
    modules = {function.name: function.module for function in catalog.functions}
    problems = [
        Problem(where=where, what=f"the plan has function {name}, module {chosen.module} has not", hint=AGAIN)
        for chosen in plan.selection
        for name in chosen.functions
        if modules.get(name) != chosen.module
    ]
    problems += [
        Problem(where=where, what=f"the plan takes {kind} {name} away, the catalogue has it", hint=AGAIN)
        for kind, names, there in (
            ("function", plan.gone.functions, modules.keys()),
            ("module", plan.gone.modules, set(modules.values())),
        )
        for name in names
        if name in there
    ]
    if problems:
        raise StaleError(problems=problems)
    named = ",".join(name for chosen in plan.selection for name in chosen.functions)
    gone = Gone(functions=frozenset(plan.gone.functions), modules=frozenset(plan.gone.modules))
    # No name stands for all of them: a plan that only takes away has none.
    found = selection(catalog, "", named) if named else Selection(functions=(), modules=(), complete=frozenset())
    return replace(found, gone=gone)


def refuse_stale(plan: PlanFile, now: PlanFile, *, where: str) -> None:
    """Raises StaleError with every difference between the file's plan and the one that would be made now."""
    aims = [
        Problem(where=where, what=f"the plan is for {field} {old}, these settings are for {new}", hint=AGAIN)
        for field, old, new in _changes(plan.target.model_dump(), now.target.model_dump())
    ]
    if aims:
        raise StaleError(problems=aims)
    problems = [Problem(where=where, what=what, hint=AGAIN) for what in _moves(plan.actions, now.actions)]
    if problems:
        raise StaleError(problems=problems)


def _moves(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> Iterator[str]:
    if list(old) == list(new):
        return
    before, now = _named(old), _named(new)
    for name in before:
        if name not in now:
            yield f"{name} is in the plan, and would not be done now"
    for name, action in now.items():
        if name not in before:
            yield f"{name} is not in the plan, and would be done now"
        elif before[name] != action:
            fields = ", ".join(field for field, *_ in _changes(before[name], action))
            yield f"{name} would not be the same now: {fields}"
    if before == now:
        yield "the order of the actions would not be the same now"


def _named(actions: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By kind and subject. A module's SQL comes twice where functions of it are made and others taken away."""
    found: dict[str, dict[str, Any]] = {}
    for action in actions:
        name = " ".join((str(action.get("action")), *_subject(action)))
        found[f"{name} (2)" if name in found else name] = action
    return found


def _subject(action: dict[str, Any]) -> Iterator[str]:
    # A Lambda function's role is a field of it, not what it is called by.
    parts = ("name",) if "name" in action else ("role", "policy", "module", "schema")
    return (action[part] for part in parts if isinstance(action.get(part), str))


def _changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for field in dict.fromkeys((*old, *new)):
        if old.get(field) != new.get(field):
            yield field, old.get(field), new.get(field)
