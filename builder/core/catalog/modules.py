"""Modules: the functions that share one image, with the shared code and the lock that the image needs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from builder.model import Module

if TYPE_CHECKING:
    from collections.abc import Iterable

    from builder.model import Catalog, Function


def group(catalog: Catalog, functions: Iterable[Function]) -> tuple[Module, ...]:
    """The modules of these functions, sorted by name, each with these functions alone, sorted by name."""
    ordered = sorted(functions, key=lambda each: (each.module, each.name))
    return tuple(_module(catalog, name, tuple(members)) for name, members in groupby(ordered, lambda each: each.module))


def _module(catalog: Catalog, name: str, functions: tuple[Function, ...]) -> Module:
    used = {lib for function in functions for lib in function.shared_libs}
    packages = any(function.requirements for function in functions)
    return Module(
        name=name,
        functions=functions,
        shared_libs=tuple(lib for lib in catalog.shared_libs if lib.name in used),
        requirements_lock=dict(catalog.requirements_locks).get(name, "") if packages else "",
    )
