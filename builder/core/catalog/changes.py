"""What really changed between two states of a catalogue: by content, not by dates and not by the names of commits."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from builder.core.catalog.modules import group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from builder.model import Catalog, Function, Module


@dataclass(frozen=True, kw_only=True)
class Source:
    """One function by all that decides what is built and what is deployed of it. `kind` is `lambda` or `sql`."""

    module: str
    kind: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Names of functions, sorted. `neighbours` did not change, but their image did: a function of it is gone.

    `left` are pairs of module and function: what a module had and has no longer, deleted or moved to another.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()

    @property
    def selected(self) -> frozenset[str]:
        """What a command is about that is told `--diff`."""
        return frozenset((*self.added, *self.changed, *self.neighbours))

    def __str__(self) -> str:
        """`1 added (a), 2 changed (b, c)`, or `nothing`."""
        parts = (("added", self.added), ("changed", self.changed), ("deleted", self.deleted))
        said = [f"{len(names)} {word} ({_some(names)})" for word, names in parts if names]
        return ", ".join(said) or "nothing"


def sources(catalog: Catalog, *, recipe: Mapping[str, str], templates: Mapping[str, str]) -> dict[str, Source]:
    """Every function's source. `recipe` is what images are made by (Dockerfiles, runtime, the Python image),
    `templates` are the SQL templates; both by name, with a hash. What only documents a function does not count.
    """
    return {
        function.name: Source(
            module=module.name, kind=function.kind, hash=_hash(_facts(function, module, recipe, templates))
        )
        for module in group(catalog, catalog.functions)
        for function in module.functions
    }


def compare(before: Mapping[str, Source], now: Mapping[str, Source]) -> Changes:
    """What became of the functions."""
    deleted = before.keys() - now.keys()
    # An image holds a manifest of its functions: when one goes, the image of the others is another.
    shrunk = {before[name].module for name in deleted if before[name].kind == "lambda"}
    changed = {name for name in now.keys() & before.keys() if now[name].hash != before[name].hash}
    same = now.keys() & before.keys() - changed
    return Changes(
        added=tuple(sorted(now.keys() - before.keys())),
        changed=tuple(sorted(changed)),
        deleted=tuple(sorted(deleted)),
        neighbours=tuple(sorted(name for name in same if now[name].kind == "lambda" and now[name].module in shrunk)),
        left=tuple(
            sorted(
                (each.module, name)
                for name, each in before.items()
                if name in deleted or each.module != now[name].module
            )
        ),
    )


def _facts(
    function: Function, module: Module, recipe: Mapping[str, str], templates: Mapping[str, str]
) -> dict[str, Any]:
    """The shared libraries are those that the function names; requirements are locked for the whole module."""
    facts: dict[str, Any] = {
        "module": function.module,
        "kind": function.kind,
        "parameters": [(each.name, each.type) for each in function.parameters],
        "returns": function.returns,
        "config": asdict(function.config),
        "sql": function.sql,
        "template": function.template,
        "templates": dict(templates),
    }
    if function.kind == "lambda":
        libs = {lib.name: lib for lib in module.shared_libs}
        facts["code"] = function.code
        facts["files"] = {file.path: file.sha256 for file in function.files}
        facts["wrappers"] = function.wrappers
        facts["requirements"] = function.requirements
        facts["lock"] = module.requirements_lock
        facts["shared"] = {
            name: {file.path: file.sha256 for file in libs[name].files} for name in function.shared_libs if name in libs
        }
        facts["recipe"] = dict(recipe)
    return facts


def _hash(facts: Mapping[str, Any]) -> str:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


_SHOWN = 5


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown}, ..." if len(names) > _SHOWN else shown
