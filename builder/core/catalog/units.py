"""Units: the Lambda functions that a module's functions are deployed as, each of which runs one image.

By default a module is one Lambda function, and one more for each further image of a module that is split. A function
may have one of its own, which runs the image that holds it: with a setting all do, with `own_lambda` one does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from builder import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from builder.model import Function, Module

Mode = Literal["module", "function"]
MODES: tuple[Mode, ...] = ("module", "function")


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A Lambda function as the catalogue wants it: its name in AWS, the image that it runs, what it answers to.

    `own`: it is one function's alone. `moved`: it has another name than it would have, a zip function's being taken.
    """

    module: str
    name: str
    image: str
    functions: tuple[Function, ...]
    own: bool = False
    moved: bool = False

    def serves(self, names: tuple[str, ...]) -> bool:
        """Whether it answers to one of these functions."""
        return any(function.name in names for function in self.functions)


def units(module: Module, *, prefix: str, suffix: str = "", mode: Mode = "module") -> tuple[Unit, ...]:
    """The Lambda functions of a module: those that several functions share, then those of single functions.

    `suffix` tells a second set, for comparison, from the first. Both run the same images.
    """
    shared, single = [], []
    for part in module.images:
        rest = tuple(function for function in part.lambdas if not _has_own(function, mode))
        if rest:
            shared.append(_shared(part, rest, prefix, suffix))
        single += [_own(part, function, prefix, suffix) for function in part.lambdas if _has_own(function, mode)]
    return *shared, *single


def every(module: Module, *, prefix: str, suffix: str = "") -> tuple[Unit, ...]:
    """All that the module's functions may be deployed as, in either mode: what a removal has to look for.

    Also under the names that they have where a zip function is, or was, in the way.
    """
    shared = [_shared(part, part.lambdas, prefix, suffix) for part in module.images]
    single = [_own(part, function, prefix, suffix) for part in module.images for function in part.lambdas]
    known = {unit.name for unit in shared}
    found = (*shared, *(unit for unit in single if unit.name not in known))
    return *found, *(replace(unit, name=names.moved_name(unit.name), moved=True) for unit in found)


def _shared(part: Module, functions: tuple[Function, ...], prefix: str, suffix: str) -> Unit:
    name = f"{names.lambda_name(prefix, part.image)}{suffix}"
    return Unit(module=part.name, name=name, image=part.image, functions=functions)


def _own(part: Module, function: Function, prefix: str, suffix: str) -> Unit:
    name = f"{own_name(prefix, function)}{suffix}"
    return Unit(module=part.name, name=name, image=part.image, functions=(function,), own=True)


def own_name(prefix: str, function: Function) -> str:
    """The name of a function's own Lambda: what an older catalogue calls it, else the function's; after the prefix."""
    name = function.lambda_name or function.name
    return name if prefix and name.startswith(prefix) else names.lambda_name(prefix, name)


def _has_own(function: Function, mode: Mode) -> bool:
    asked = function.config.own_lambda
    return mode == "function" if asked is None else asked


def by_function(modules: Iterable[Module], *, prefix: str, suffix: str = "", mode: Mode) -> dict[str, Unit]:
    """The Lambda of each function, by the function's name."""
    return {
        function.name: unit
        for module in modules
        for unit in units(module, prefix=prefix, suffix=suffix, mode=mode)
        for function in unit.functions
    }
