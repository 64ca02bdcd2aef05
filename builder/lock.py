"""Lock: what uv resolves for a module, written beside its functions; in several locks where one cannot be had.

Everything is resolved before anything is written. A run that is stopped while it writes leaves a lock that does not
answer its functions' requirements: `builder lock --check` and `builder build` say so, and the next run goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from builder.adapters.resolver import UnmetError
from builder.core.catalog import part_locks
from builder.core.images import requirements
from builder.core.images.partition import ImpossibleError, Partition, partition
from builder.errors import CatalogError, counted
from builder.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from builder.adapters.resolver import Resolver
    from builder.model import Module


@dataclass(frozen=True, kw_only=True)
class Locked:
    """What a module's requirements came to: `parts` are its images, `written` the files that are new or different.

    `proven`: no fewer images would do.
    """

    parts: tuple[Module, ...]
    written: tuple[str, ...]
    proven: bool = True

    def __str__(self) -> str:
        counts = [(part.image, _count(part.requirements_lock)) for part in self.parts]
        packages = [counted(count, "package") for _, count in counts]
        if len(counts) > 1:
            packages = [f"{image} with {text}" for (image, _), text in zip(counts, packages, strict=True)]
            packages[0] = f"{len(counts)} images: {packages[0]}"
        return f"{', '.join(packages)}, {'in ' + ', '.join(self.written) if self.written else 'unchanged'}"


def _count(lock: str) -> int:
    return sum("==" in line for line in lock.splitlines() if not line.startswith("#"))


def lock(module: Module, folder: Path, resolver: Resolver, *, upgrade: bool = False, split: bool = True) -> Locked:
    """Resolves a whole module into the lock or the locks of its folder.

    Raises CatalogError where requirements cannot be met, or not together and `split` is false; BuildError where uv
    could not find out.
    """
    parts, proven = _resolved(module, resolver, upgrade=upgrade, split=split)
    texts = {part_locks.file(part.group): part.requirements_lock for part in parts if requirements.wanted(part)}
    before = {part_locks.file(part.group): part.requirements_lock for part in module.parts or (module,)}
    changed = [name for name, text in texts.items() if before.get(name) != text or not (folder / name).is_file()]
    for name in changed:
        write_whole(folder / name, texts[name])
    gone = [file for file in sorted(folder.glob(part_locks.PATTERN)) if file.name not in texts]
    for file in gone:
        file.unlink()
    return Locked(
        parts=parts,
        written=tuple(str(folder / name) for name in (*changed, *(each.name for each in gone))),
        proven=proven,
    )


def _resolved(module: Module, resolver: Resolver, *, upgrade: bool, split: bool) -> tuple[tuple[Module, ...], bool]:
    whole = replace(module, parts=(), group="", reason="")
    try:
        return (_render(whole, resolver, module.requirements_lock, upgrade=upgrade),), True
    except UnmetError as error:
        if not split:
            raise CatalogError(problems=requirements.attribute(module, resolver.complaint, str(error))) from error
    found = _partition(module, resolver)
    locks = {part.group: part.requirements_lock for part in module.parts}
    parts = [
        _render(part, resolver, locks.get(part.group, module.requirements_lock), upgrade=upgrade)
        for part in _as_modules(whole, found)
    ]
    return tuple(parts), found.proven


def _partition(module: Module, resolver: Resolver) -> Partition:
    try:
        return partition(module, resolver.complaint, earlier=_earlier(module))
    except ImpossibleError as error:
        problems = [
            problem
            for function in module.lambdas
            if function.name in error.functions
            for problem in requirements.attribute(replace(module, functions=(function,)), resolver.complaint, "")
        ]
        raise CatalogError(problems=dict.fromkeys(problems)) from error


def _earlier(module: Module) -> Mapping[str, int]:
    """Each function's part, as the locks have it."""
    return {each.name: int(part.group or 1) for part in module.parts for each in part.lambdas}


def _as_modules(whole: Module, found: Partition) -> Iterator[Module]:
    for part in found.parts:
        members = tuple(each for each in whole.functions if each.name in part.functions)
        yield replace(whole, functions=members, group="" if part.number == 1 else str(part.number), reason=part.reason)


def _render(part: Module, resolver: Resolver, current: str, *, upgrade: bool) -> Module:
    """The part with its lock. Raises UnmetError. A part that asks for nothing has none."""
    asked = [each.line for each in requirements.wanted(part)]
    if not asked:
        return replace(part, requirements_lock="")
    resolved = resolver.resolve(asked, current=current, upgrade=upgrade)
    return replace(part, requirements_lock=requirements.render(part, resolved))
