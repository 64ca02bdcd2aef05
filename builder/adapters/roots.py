"""The catalogue's folders as one build context."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from builder.core.catalog import folders, part_locks, wrappers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from builder.model import Catalog


def one_root(catalog: Catalog, target: Path) -> Path:
    """The only root itself; of several roots, or without what was left out, a copy in `target` of what was taken.

    The copy is made anew, so that what was overridden or removed is not in it.
    """
    if len(catalog.roots) == 1 and not catalog.left_out:
        return Path(catalog.roots[0])
    if target.exists():
        shutil.rmtree(target)
    for function in catalog.functions:
        _copy(Path(function.root), target / function.module / Path(function.root).name)
    for library in catalog.shared_libs:
        root = Path(library.root)
        _copy(root, target / folders.SHARED / root.name)
    if catalog.wrappers:
        (target / wrappers.FILE).parent.mkdir(parents=True, exist_ok=True)
        (target / wrappers.FILE).write_text("\n".join(catalog.wrappers) + "\n", "utf-8")
    for module, text in catalog.requirements_locks:
        if (target / module).is_dir():
            (target / module / part_locks.LOCK).write_text(text, "utf-8")
    for part in catalog.part_locks:
        if (target / part.module).is_dir():
            (target / part.module / part_locks.file(part.group)).write_text(part.text, "utf-8")
    return target


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        shutil.copytree(source, target, ignore=_droppings)


def _droppings(_folder: str, entries: Iterable[str]) -> list[str]:
    return [entry for entry in entries if folders.dropping(entry)]
