"""The catalogue: every function.yaml of the roots, checked. Nothing else reads that file."""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from builder import files
from builder.core.catalog import checks, folders, marked_yaml, sources, wrappers
from builder.core.catalog.assembly import Definition, assemble
from builder.core.catalog.folders import Document
from builder.core.catalog.format_problems import close_to, explain
from builder.core.catalog.function_file import FunctionFile
from builder.core.catalog.modules import group, split
from builder.core.catalog.salvage import salvage
from builder.errors import CatalogError, Problem
from builder.model import Catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from builder.core.catalog.units import Mode
    from builder.model import Function, PartLock, SharedLib

__all__ = ["Definition", "Document", "Parsed", "load", "open_catalog", "parse"]


_ALIKE = 3


@dataclass(kw_only=True)
class Parsed:
    """What the texts of function files say. `documents` are those that are for Redshift, or may be."""

    documents: list[Document] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class _Found:
    """What the folders of the roots hold, before anything is read into functions. Later roots override earlier."""

    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    libs: dict[str, SharedLib] = field(default_factory=dict)
    locks: dict[str, tuple[str, tuple[PartLock, ...]]] = field(default_factory=dict)
    wrappers: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def parse(documents: Iterable[Document], mode: Mode = "module") -> Parsed:
    """Texts to definitions and problems; reads no file."""
    parsed = Parsed()
    for document in documents:
        marked, problems = marked_yaml.read(document.text, document.where)
        parsed.problems += problems
        before = len(parsed.problems)
        spec = _spec(marked, parsed.problems) if marked else None
        if spec is None or marked is None:
            parsed.documents.append(document)
        elif spec.clouds.redshift is None:
            _not_ours(document, marked, spec, parsed)
        else:
            parsed.documents.append(document)
            definition = Definition(
                document=document,
                marked=marked,
                spec=spec,
                redshift=spec.clouds.redshift,
                salvaged=len(parsed.problems) > before,
            )
            parsed.definitions.append(definition)
            parsed.problems += checks.definition(definition)
            parsed.notices += checks.notices(definition, mode)
    parsed.problems += checks.duplicates(parsed.documents)
    return parsed


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Everything that the roots hold, with what is wrong with it. `where` names the file of each function."""

    catalog: Catalog
    where: dict[str, str]
    problems: tuple[Problem, ...]


def load(roots: Sequence[Path], *, base: Path | None = None, prefix: str = "", mode: Mode = "module") -> Catalog:
    """Everything that the roots hold. Messages name files from `base` on; `prefix` and `mode` are the Lambdas'.

    Raises CatalogError with every problem of every file.
    """
    found = survey(roots, base=base, prefix=prefix, mode=mode)
    if found.problems:
        raise CatalogError(problems=found.problems)
    return replace(found.catalog, notices=_brief(found.catalog.notices))


def _brief(notices: Sequence[str]) -> tuple[str, ...]:
    """What is said of many functions alike is said once: every command prints the notices."""
    counts = Counter(map(_said, notices))
    told = (
        f"{counts[_said(each)]} functions: {_said(each)} (`builder import` names them)"
        if _said(each) and counts[_said(each)] > _ALIKE
        else each
        for each in notices
    )
    return tuple(dict.fromkeys(told))


def _said(notice: str) -> str:
    return notice.partition(": ")[2]


def survey(roots: Sequence[Path], *, base: Path | None = None, prefix: str = "", mode: Mode = "module") -> Survey:
    """What `load` reads, as far as it can be read. Functions with problems are in it where they have a name."""
    collecting = gc.isenabled()
    # Reading makes millions of objects and no cycles; the collector, starting over and over, took a fifth of the time.
    gc.unfreeze()
    gc.disable()
    try:
        return _survey(roots, base, prefix, mode)
    finally:
        # They stay, so that what comes next need not be held up by looks at them: a plan took half as long again.
        gc.freeze()
        if collecting:
            gc.enable()


def _survey(roots: Sequence[Path], base: Path | None, prefix: str, mode: Mode) -> Survey:
    found = _Found()
    for root in dict.fromkeys(roots):
        _collect(root, _shown(root, base), found)
    parsed = parse(found.documents.values(), mode)
    functions, problems = _assemble(parsed, found)
    problems += found.problems + parsed.problems
    catalog = Catalog(
        roots=tuple(str(root) for root in roots),
        functions=tuple(sorted(functions, key=lambda each: (each.module, each.name))),
        shared_libs=tuple(found.libs[name] for name in sorted(found.libs)),
        requirements_locks=tuple((module, text) for module, (text, _) in sorted(found.locks.items()) if text),
        part_locks=tuple(part for _, (_, parts) in sorted(found.locks.items()) for part in parts),
        notices=tuple(found.notices + parsed.notices),
        wrappers=tuple(dict.fromkeys(found.wrappers)),
    )
    where = {document.name: document.where for document in parsed.documents}
    modules = group(catalog, catalog.functions)
    problems += checks.aws_names(modules, prefix=prefix, mode=mode, where=where)
    catalog = replace(catalog, notices=(*catalog.notices, *(text for module in modules for text in split(module))))
    return Survey(catalog=catalog, where=where, problems=tuple(checks.in_order(problems)))


def open_catalog(roots: Sequence[str], project: Path, *, prefix: str = "", mode: Mode = "module") -> Catalog:
    """The catalogue of a project; relative roots are the project's. Raises CatalogError with every problem."""
    return load([project / root for root in roots], base=project, prefix=prefix, mode=mode)


def _shown(root: Path, base: Path | None) -> str:
    return root.as_posix() if base is None else files.shown(root, base)


def _collect(root: Path, shown: str, found: _Found) -> None:
    try:
        documents, problems = folders.documents(root, shown)
        found.problems += problems
        for document in documents:
            key = (document.module, document.name)
            earlier = found.documents.get(key)
            if earlier is not None and not earlier.where.startswith(f"{shown}/"):
                found.notices.append(f"{earlier.where} is overridden by {document.where}")
            elif earlier is not None:
                key = (document.module, document.where)  # Foo and foo in one folder: both are kept, and refused later
            found.documents[key] = document
        if root.is_dir():
            _collect_shared(root, shown, found)
    except OSError as error:
        found.problems.append(folders.unreadable(str(error.filename or shown), error))


def _collect_shared(root: Path, shown: str, found: _Found) -> None:
    for lib, held in folders.shared_libs(root, shown):
        where = f"{shown}/{folders.SHARED}/{Path(lib.root).name}"
        found.problems += checks.library_folder(lib.name, where)
        for each in held:
            found.problems += sources.python(each.content, each.where) if each.where.endswith(".py") else []
        if lib.name in found.libs:
            found.notices.append(f"the shared library {lib.name} is overridden by {where}")
        found.libs[lib.name] = lib
    locks, problems = folders.locks(root, shown)
    found.locks.update(locks)
    found.problems += problems
    if (root / wrappers.FILE).is_file():
        names, problems = wrappers.parse((root / wrappers.FILE).read_text("utf-8-sig"), f"{shown}/{wrappers.FILE}")
        found.wrappers += names
        found.problems += problems


def _assemble(parsed: Parsed, found: _Found) -> tuple[list[Function], list[Problem]]:
    functions: list[Function] = []
    problems: list[Problem] = []
    aliases = (*wrappers.KNOWN, *found.wrappers)
    with warnings.catch_warnings():
        # An escape that Python only frowns on is its author's business; printed here it would be noise.
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        for definition in parsed.definitions:
            function, trouble = assemble(definition, aliases)
            functions.append(function)
            problems += trouble + checks.libraries(definition, found.libs)
    where = {each.document.name: each.document.where for each in parsed.definitions}
    problems += checks.externals(functions, where)
    return functions, problems


def _spec(marked: marked_yaml.Marked, problems: list[Problem]) -> FunctionFile | None:
    if marked.data is None:
        problems.append(Problem(where=marked.where, what="is empty", hint="docs/architecture.md shows one"))
        return None
    try:
        return FunctionFile.model_validate(marked.data)
    except ValidationError as error:
        problems += explain(error, marked)
        return salvage(marked.data, error)


def _not_ours(document: Document, marked: marked_yaml.Marked, spec: FunctionFile, parsed: Parsed) -> None:
    """A function of other warehouses is left out aloud; a slip of the pen is a problem."""
    others = [str(cloud) for cloud in spec.clouds.model_extra or {}]
    slip = next((cloud for cloud in others if close_to(cloud, ["redshift"])), None)
    if slip or not others:
        what = f"unknown cloud {slip!r}" if slip else "names no cloud"
        hint = "did you mean 'redshift'?" if slip else "add redshift, with what the function needs there"
        place = ("clouds", slip) if slip else ("clouds",)
        problem = Problem(where=marked.place(place), key=marked_yaml.dotted(place), what=what, hint=hint)
        parsed.problems.append(problem)
        return
    parsed.notices.append(f"{document.where} is for {', '.join(others)} only: left out")
