"""Modules: the functions that share one image, with the shared code and the lock that the image needs."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from builder.model import Module

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from builder.model import Catalog, Function, PartLock


def group(catalog: Catalog, functions: Iterable[Function]) -> tuple[Module, ...]:
    """The modules of these functions, sorted by name, each with these functions alone, sorted by name."""
    ordered = sorted(functions, key=lambda each: (each.module, each.name))
    locks = dict(catalog.requirements_locks)
    parts: dict[str, list[PartLock]] = {}
    for part in catalog.part_locks:
        parts.setdefault(part.module, []).append(part)
    return tuple(
        _module(catalog, tuple(members), name=name, lock=locks.get(name, ""), beside=parts.get(name, ()))
        for name, members in groupby(ordered, lambda each: each.module)
    )


def split(module: Module) -> tuple[str, ...]:
    """What is to be said of a module whose requirements split it: which image is whose, and why."""
    apart = [(part, ", ".join(each.name for each in part.functions)) for part in module.parts if part.group]
    return tuple(f"{module.name}: {names} in an image apart, {part.image}: {part.reason}" for part, names in apart)


def _module(
    catalog: Catalog, functions: tuple[Function, ...], *, name: str, lock: str, beside: Sequence[PartLock]
) -> Module:
    whole = _image(catalog, name, functions, lock)
    return replace(whole, parts=_parts(catalog, whole, beside))


def _parts(catalog: Catalog, module: Module, beside: Sequence[PartLock]) -> tuple[Module, ...]:
    """What the locks beside the first one say. A function that none of them names belongs to the first."""
    found = []
    taken: set[str] = set()
    for lock in beside:
        members = tuple(each for each in module.functions if each.name in lock.functions and each.name not in taken)
        if members:
            taken |= {each.name for each in members}
            part = _image(catalog, module.name, members, lock.text)
            found.append(replace(part, group=lock.group, reason=lock.reason))
    if not found:
        return ()
    rest = tuple(each for each in module.functions if each.name not in taken)
    return (_image(catalog, module.name, rest, module.requirements_lock), *found)


def _image(catalog: Catalog, name: str, functions: tuple[Function, ...], lock: str) -> Module:
    used = {lib for function in functions for lib in function.shared_libs}
    packages = any(function.requirements for function in functions)
    return Module(
        name=name,
        functions=functions,
        shared_libs=tuple(lib for lib in catalog.shared_libs if lib.name in used),
        requirements_lock=lock if packages else "",
    )
