"""The fewest images whose functions' requirements can be met, where those of a whole module cannot.

Only the resolver knows what can be met together: three packages may exclude one another though any two of them agree.
So this colours no graph of pairs; it asks about sets. What cannot be met stays so with more asked of it, and what can
be met stays so with less, which spares most questions. First each function goes into the first image that takes it, the
one that it was in before all others; then fewer images are looked for, exactly, as long as the questions last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.core.images import requirements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from builder.core.images.requirements import Solver
    from builder.model import Module

# Questions of the exact search. A question takes uv some tenths of a second with a warm cache; twelve functions that
# all ask for something else have been settled in fewer.
QUESTIONS = 300

Lines = frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Functions of one image. `number` is 1 for the image with the module's name; `reason` is "" for that one."""

    number: int
    functions: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Partition:
    """All parts, by number. `proven`: there is no partition of fewer."""

    parts: tuple[Part, ...]
    proven: bool


class ImpossibleError(Exception):
    """Functions that cannot have an image of their own either, by name."""

    def __init__(self, functions: tuple[str, ...]) -> None:
        super().__init__(", ".join(functions))
        self.functions = functions


class _SpentError(Exception):
    """The questions have run out."""


@dataclass(frozen=True, kw_only=True)
class _Item:
    """Functions that ask for the same. `earlier` is the number of the part that they were in."""

    lines: Lines
    functions: tuple[str, ...]
    earlier: int | None


@dataclass
class _Oracle:
    """The resolver, asked no question whose answer follows from an earlier one."""

    solve: Solver
    left: int | None = None
    _met: list[Lines] = field(default_factory=list)
    _unmet: list[Lines] = field(default_factory=list)

    def meets(self, lines: Lines) -> bool:
        if any(lines <= known for known in self._met):
            return True
        if any(known <= lines for known in self._unmet):
            return False
        if self.left == 0:
            raise _SpentError
        if self.left is not None:
            self.left -= 1
        met = self.solve(sorted(lines)) is None
        (self._met if met else self._unmet).append(lines)
        return met


def partition(
    module: Module, solve: Solver, *, earlier: Mapping[str, int] | None = None, questions: int = QUESTIONS
) -> Partition:
    """The parts of a module whose requirements cannot be met together. `earlier`: each function's part so far.

    The same answers give the same parts. Functions that ask for nothing stay in the first. Raises ImpossibleError.
    """
    items = _items(module, earlier or {})
    oracle = _Oracle(solve)
    alone = tuple(name for item in items if not oracle.meets(item.lines) for name in item.functions)
    if alone:
        raise ImpossibleError(tuple(sorted(alone)))
    found, proven = next(_placings(items, len(items), oracle)), True
    oracle.left = questions
    try:
        for fewer in range(2, len(found)):
            better = next(_placings(items, fewer, oracle), None)
            if better is not None:
                found = better
                break
    except _SpentError:
        proven = False
    oracle.left = None
    return Partition(parts=tuple(_parts(module, found, oracle)), proven=proven)


def _items(module: Module, earlier: Mapping[str, int]) -> list[_Item]:
    """Those that were placed before come first, by their part; then those that most functions share."""
    by_lines: dict[Lines, list[str]] = {}
    for function in module.lambdas:
        if function.requirements:
            by_lines.setdefault(requirements.lines(function), []).append(function.name)
    items = [
        _Item(
            lines=lines,
            functions=tuple(sorted(names)),
            earlier=min((earlier[name] for name in names if name in earlier), default=None),
        )
        for lines, names in by_lines.items()
    ]
    return sorted(items, key=lambda item: (item.earlier is None, item.earlier, -len(item.functions), item.functions))


def _placings(items: list[_Item], most: int, oracle: _Oracle) -> Iterator[dict[int, list[_Item]]]:
    """Every way to have at most `most` parts, the one that moves the first items least at first."""
    parts: dict[int, list[_Item]] = {}

    def place(index: int) -> Iterator[dict[int, list[_Item]]]:
        if index == len(items):
            yield {number: list(members) for number, members in sorted(parts.items())}
            return
        item = items[index]
        for number in _choices(item, parts, most):
            members = parts.setdefault(number, [])
            if oracle.meets(item.lines.union(*(member.lines for member in members))):
                members.append(item)
                yield from place(index + 1)
                members.pop()
            if not members:
                del parts[number]

    return place(0)


def _choices(item: _Item, parts: Mapping[int, object], most: int) -> list[int]:
    """Numbers to try: its earlier part, the parts that there are, and a new one while there may be more."""
    known = sorted(parts)
    new = [next(number for number in range(1, len(known) + 2) if number not in parts)] if len(known) < most else []
    before = [item.earlier] if item.earlier is not None and (item.earlier in parts or new) else []
    return list(dict.fromkeys([*before, *known, *([] if before and before[0] not in parts else new)]))


def _parts(module: Module, placed: Mapping[int, list[_Item]], oracle: _Oracle) -> Iterator[Part]:
    """The lowest number is the first part, whatever it was."""
    numbers = sorted(placed)
    first = placed[numbers[0]]
    free = {function.name for function in module.lambdas if not function.requirements}
    yield Part(number=1, functions=tuple(sorted({name for item in first for name in item.functions} | free)))
    for number in numbers[1:]:
        own = tuple(sorted(name for item in placed[number] for name in item.functions))
        yield Part(number=number, functions=own, reason=_reason(module, first, placed[number], oracle))


def _reason(module: Module, first: list[_Item], other: list[_Item], oracle: _Oracle) -> str:
    """The fewest requirements of the two parts that cannot be met together, and whose they are."""
    lines = frozenset[str]().union(*(item.lines for item in (*first, *other)))
    concerned = {name for item in (*first, *other) for name in item.functions}
    return requirements.told(requirements.core(requirements.wanted(module, concerned), lines, oracle.meets))
