"""Which functions a command is about: one answer for build, deploy, sql and remove."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from builder.core.catalog.format_problems import did_you_mean
from builder.core.catalog.modules import group
from builder.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from builder.core.catalog.changes import Changes
    from builder.model import Catalog, Function, Module


@dataclass(frozen=True, kw_only=True)
class Gone:
    """What the catalogue has no longer, by name: functions, and modules of which it has nothing left."""

    functions: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.functions or self.modules)


NOTHING_GONE = Gone()


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The functions that were named, and what they live in.

    `modules` are whole: an image, and the Lambda that runs it, always holds all of its module's functions. `complete`
    names the modules of which every function is selected: only their Lambda, image and repository may go when the
    selection goes. `gone` is what --diff has found to be deleted, and what a deploy takes away.
    """

    functions: tuple[Function, ...]
    modules: tuple[Module, ...]
    complete: frozenset[str]
    gone: Gone = NOTHING_GONE


DEVELOPMENT = "development"


def released(catalog: Catalog) -> Catalog:
    """The catalogue as production has it: without the functions whose status is development."""
    left_out = tuple(each.name for each in catalog.functions if each.status.lower() == DEVELOPMENT)
    if not left_out:
        return catalog
    functions = tuple(each for each in catalog.functions if each.name not in left_out)
    return replace(catalog, functions=functions, left_out=left_out)


def select(
    catalog: Catalog,
    modules: str = "",
    functions: str = "",
    *,
    left: Sequence[tuple[str, str]] = (),
    option: str = "--functions",
) -> tuple[Function, ...]:
    """The functions of `a,b`-lists of names, in any case, in the catalogue's order; both empty: all.

    With both, the functions that both lists allow. Raises UsageError with every name that is unknown, or that the
    other list leaves out. Those of `left`, pairs of module and function, are known though the catalogue has lost them.
    `option` is what gave the functions' names.
    """
    wanted_modules, wanted_functions = _names(modules), _names(functions)
    by_name = {function.name.lower(): function for function in catalog.functions}
    known_modules = {function.module.lower() for function in catalog.functions}
    known_modules |= {module.lower() for module, _ in left}
    known_functions = [*by_name, *(name.lower() for _, name in left)]
    problems = _unknown(wanted_modules, sorted(known_modules), "--modules", "module")
    problems += _unknown(wanted_functions, known_functions, option, "function")
    for name in wanted_functions:
        if wanted_modules and name in by_name and by_name[name].module.lower() not in wanted_modules:
            what = f"{name!r} is in module {by_name[name].module!r}, which --modules leaves out"
            problems.append(Problem(where=option, what=what, hint="name its module too, or no module"))
    if problems:
        raise UsageError(problems=problems)
    return tuple(
        function
        for function in catalog.functions
        if (not wanted_modules or function.module.lower() in wanted_modules)
        and (not wanted_functions or function.name.lower() in wanted_functions)
    )


def selection(catalog: Catalog, modules: str = "", functions: str = "", *, changes: Changes | None = None) -> Selection:
    """The same, with the whole modules around the selected functions. Raises UsageError as `select` does.

    `changes` leaves of it what has changed, and adds what is gone.
    """
    named = select(catalog, modules, functions, left=changes.left if changes else ())
    selected = named if changes is None else tuple(each for each in named if each.name in changes.selected)
    gone = _gone(catalog, changes, modules, functions) if changes else NOTHING_GONE
    touched = {function.module for function in selected}
    whole = group(catalog, (function for function in catalog.functions if function.module in touched))
    chosen = {function.name for function in selected}
    complete = (module.name for module in whole if all(each.name in chosen for each in module.functions))
    return Selection(functions=selected, modules=whole, complete=frozenset(complete), gone=gone)


def _gone(catalog: Catalog, changes: Changes, modules: str, functions: str) -> Gone:
    """A module has gone when all that has left it was named: of a part of it, somebody else may be in charge."""
    wanted_modules, wanted_functions = _names(modules), _names(functions)
    named = {
        (module, name)
        for module, name in changes.left
        if (not wanted_modules or module.lower() in wanted_modules)
        and (not wanted_functions or name.lower() in wanted_functions)
    }
    kept = {function.module for function in catalog.functions} | _modules(set(changes.left) - named)
    return Gone(
        functions=frozenset(name for _, name in named if name in changes.deleted),
        modules=frozenset(_modules(named) - kept),
    )


def _modules(left: Iterable[tuple[str, str]]) -> set[str]:
    return {module for module, _ in left}


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(name for part in text.split(",") if (name := part.strip().lower())))


def _unknown(wanted: Sequence[str], known: Sequence[str], option: str, kind: str) -> list[Problem]:
    return [
        Problem(where=option, what=f"there is no {kind} {name!r}", hint=did_you_mean(name, known))
        for name in wanted
        if name not in known
    ]
