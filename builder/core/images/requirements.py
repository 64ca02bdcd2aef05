"""A module's requirements: what its functions ask for, the lock that answers, and who is to blame when nothing can.

The lock is made by `uv pip compile --generate-hashes` and holds no index address. Its header records a hash of what was
asked, so that a build can tell a stale lock without a resolver and without a network.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from builder.core.catalog import part_locks
from builder.core.catalog.sources import PYTHON
from builder.errors import Problem

if TYPE_CHECKING:
    from builder.model import Function, Module

# Wheels of today ask for manylinux_2_28, which every Debian since 11 has.
PLATFORM = "x86_64-manylinux_2_28"

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SEPARATORS = re.compile(r"[-_.]+")
_INPUTS = re.compile(r"^# inputs: (sha256:[0-9a-f]{64})$", re.MULTILINE)

# Given requirement lines, the resolver's complaint; None where they can be met together.
Solver = Callable[[Sequence[str]], "str | None"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One requirement and the functions that name it; `where` is how messages call the place of the first."""

    line: str
    functions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.line} ({', '.join(self.functions)})"

    @property
    def package(self) -> str:
        return _split(self.line)[0]


def lines(function: Function) -> frozenset[str]:
    """What a function asks for, in one spelling."""
    return frozenset(_normal(line) for line in function.requirements)


def wanted(module: Module, concerned: Container[str] | None = None) -> tuple[Wanted, ...]:
    """Every requirement of the module, or of some of its functions, once, sorted, with the functions that name it."""
    by_line: dict[str, list[str]] = {}
    for function in module.lambdas:
        if concerned is None or function.name in concerned:
            for line in lines(function):
                by_line.setdefault(line, []).append(function.name)
    return tuple(Wanted(line=line, functions=tuple(sorted(set(names)))) for line, names in sorted(by_line.items()))


def inputs_hash(module: Module) -> str:
    """What a lock answers: the requirements, for one Python on one platform."""
    asked = json.dumps([PYTHON, PLATFORM, [each.line for each in wanted(module)]])
    return f"sha256:{hashlib.sha256(asked.encode()).hexdigest()}"


def render(module: Module, resolved: str) -> str:
    """The lock's text: our header over the resolver's answer."""
    part = part_locks.header((each.name for each in module.lambdas), module.reason) if module.group else ""
    return (
        f"# What the functions of {module.image} need, for Python {PYTHON} on {PLATFORM}.\n"
        "# Written by `builder lock` from their requirements.txt; do not edit.\n"
        f"# inputs: {inputs_hash(module)}\n"
        f"{part}"
        f"{resolved.strip()}\n"
    )


def stale(module: Module) -> Problem | None:
    """Whether the module's lock answers something else than what is asked now."""
    asked = wanted(module)
    if not asked:
        return None
    recorded = _INPUTS.search(module.requirements_lock)
    if recorded and recorded.group(1) == inputs_hash(module):
        return None
    what = "is older than the functions' requirements" if module.requirements_lock else "does not exist"
    return Problem(
        where=f"{module.name}/{part_locks.file(module.group)}",
        what=what,
        hint=f"run `builder lock --modules {module.name}`",
    )


def attribute(module: Module, solve: Solver, complaint: str) -> list[Problem]:
    """Whose requirements cannot be met. `complaint` is the resolver's own about all of them together.

    First each alone: a package or version that does not exist. Then the fewest that cannot be met together.
    """
    asked = wanted(module)
    problems = [_impossible(each, found) for each in asked if (found := solve([each.line])) is not None]
    if problems:
        return problems
    answers: dict[frozenset[str], str | None] = {}

    def meets(some: frozenset[str]) -> bool:
        answers[some] = solve(sorted(some))
        return answers[some] is None

    blamed = core(asked, frozenset(each.line for each in asked), meets)
    if not blamed:
        return [Problem(where=module.name, key="requirements", what=complaint)]
    return [_conflict(module, blamed, answers.get(frozenset(each.line for each in blamed)) or complaint)]


def core(
    asked: Sequence[Wanted], together: frozenset[str], meets: Callable[[frozenset[str]], bool]
) -> tuple[Wanted, ...]:
    """The fewest requirements, of those in `together`, that cannot be met together; none can be left out.

    Two about one package are tried first; then one after the other is left out, as long as what is left cannot be met.
    Empty where all can be met.
    """
    known = [each for each in asked if each.line in together]
    for one, other in combinations(known, 2):
        if one.package == other.package and not meets(frozenset({one.line, other.line})):
            return one, other
    left = frozenset(each.line for each in known)
    if meets(left):
        return ()
    for each in known:
        if not meets(left - {each.line}):
            left -= {each.line}
    return tuple(each for each in known if each.line in left)


def told(conflict: Sequence[Wanted]) -> str:
    """`numpy<2 (a) and numpy>=2 (b) cannot be met together`."""
    *others, last = [str(each) for each in conflict]
    return f"{', '.join(others)} and {last} cannot be met together"


def compile_command(
    uv: Sequence[str], *, output: str, upgrade: bool = False, python: str = PYTHON, platform: str = PLATFORM
) -> list[str]:
    """Resolves standard input. With an `output` that exists its versions are kept, unless `upgrade` is given."""
    return [
        *uv,
        *("pip", "compile", "--quiet", "--color", "never", "--no-python-downloads"),
        *("--python-version", python, "--python-platform", platform, "--only-binary", ":all:"),
        *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
        *(["--upgrade"] if upgrade else []),
        *("--output-file", output, "-"),
    ]


def _impossible(asked: Wanted, complaint: str) -> Problem:
    return Problem(
        where=", ".join(asked.functions),
        key="requirements",
        what=f"{asked.line!r} cannot be met for Python {PYTHON} on {PLATFORM}: {complaint}",
        hint="correct the name or the version; packages without a wheel for this platform cannot be used",
    )


def _conflict(module: Module, found: Sequence[Wanted], complaint: str) -> Problem:
    several = len({name for each in found for name in each.functions}) > 1
    return Problem(
        where=module.name,
        key="requirements",
        what=f"{told(found)}: {complaint}",
        hint="agree on a version, move one to another module, or lock without --no-split: each gets an image of its own"
        if several
        else "correct the function's requirements",
    )


def _normal(line: str) -> str:
    """One spelling for each requirement, so that `NumPy >= 2` and `numpy>=2` are the same input."""
    name, rest, marker = _split(line)
    return f"{name}{rest}; {marker}" if marker else f"{name}{rest}"


def _split(line: str) -> tuple[str, str, str]:
    """PEP 508: the name in its normal form (PEP 503), extras and versions without blanks, and the marker."""
    found = _NAME.match(line)
    name = found.group() if found else ""
    rest, _, marker = line[len(name) :].partition(";")
    return _SEPARATORS.sub("-", name).lower(), "".join(rest.split()), " ".join(marker.split())
