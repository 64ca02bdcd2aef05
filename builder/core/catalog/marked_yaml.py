"""YAML that knows its lines: the data of a document, the place of every key, and the keys that stand twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import is_not
from typing import TYPE_CHECKING, Any

import yaml

from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Loader = type[yaml.CSafeLoader | yaml.SafeLoader]

# libyaml is seven times as fast as the pure parser and is in every wheel; a source build may lack it.
_LOADER: Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


@lru_cache(maxsize=8192)
def _tag(kind: type[yaml.Node], text: str | None, implicit: Any) -> str:
    """What a node is: by the rules of PyYAML's resolver. Keys and types are the same words in every file."""
    if kind is not yaml.ScalarNode:
        return _SEQ if kind is yaml.SequenceNode else _MAP
    if not implicit[0]:
        return _STR
    text = text or ""
    rules = _LOADER.yaml_implicit_resolvers
    for tag, form in [*rules.get(text[:1], ()), *rules.get(None, ())]:
        if form.match(text):
            return str(tag)
    return _STR


class _Reader(_LOADER):  # type: ignore[valid-type, misc]  # one of two classes, whichever this PyYAML has
    """Looks a scalar's kind up once a text, and not once a place."""

    resolve = staticmethod(_tag)
    # Tags by a node's place, which nothing here registers. PyYAML asks on the way into and out of every node; that
    # these two are in C is a seventh of its time.
    descend_resolver = staticmethod(is_not)
    ascend_resolver = staticmethod(bool)


# A document of ours holds some hundred values. A few lines of aliases can stand for billions, or for themselves.
VALUES_LIMIT = 100_000


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A document's data and its text. `where` is the file's name in messages."""

    where: str
    data: Any
    text: str

    def place(self, path: Sequence[str | int]) -> str:
        """`file:line` of a key path, or of the nearest part of it that exists."""
        # The nodes are made again for the few files with problems: kept for all, they are most of a catalogue's memory.
        line, node = 1, yaml.compose(self.text, _LOADER)
        for part in path:
            step = _step(node, part)
            if step is None:
                break
            line, node = step
        return f"{self.where}:{line}"


def read(text: str, where: str) -> tuple[Marked | None, list[Problem]]:
    """The one document of a text. None, and the problem, where it is not YAML."""
    try:
        # A safe loader, named by a variable because the C one may be missing.
        loader = _Reader(text)
        try:
            node = loader.get_single_node()
            try:
                return Marked(where=where, data=_plain(node, _Count()), text=text), []
            except (_OutOfTheOrdinaryError, RecursionError):
                pass
            if node is not None and _is_endless(node):
                what = f"its aliases stand for more than {VALUES_LIMIT:,} values"
                return None, [Problem(where=where, what=what, hint="write the values out")]
            problems = [] if node is None else list(_twice(node, where))
            data = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        return None, [_broken(error, where)]
    except yaml.YAMLError as error:
        return None, [Problem(where=where, what=f"not YAML: {' '.join(str(error).split())}")]
    except (ValueError, OverflowError, RecursionError) as error:
        # PyYAML lets these through: 2024-13-45 looks like a date to it, a pile of brackets exhausts the stack.
        return None, [Problem(where=where, what=f"a value that YAML cannot read: {error}", hint="put it in quotes")]
    return Marked(where=where, data=data, text=text), problems


def dotted(path: Sequence[str | int]) -> str:
    """`("arguments", 1, "type")` gives `arguments[1].type`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


class _OutOfTheOrdinaryError(Exception):
    """Something that the quick road leaves to PyYAML's own constructor and to the checks."""


class _Count:
    """How many values a document has so far, every alias counted as what it stands for."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values = 0


def _plain(node: yaml.Node | None, count: _Count) -> Any:
    """The data of what nearly every document is made of: mappings with each key once, lists, texts, numbers, booleans.

    PyYAML's constructor, which is general and in Python, takes three times as long; a catalogue has thousands of files.
    """
    if node is None:
        raise _OutOfTheOrdinaryError
    value = node.value
    # Each value in its collection's turn: most are scalars, and a call for each would be half the work.
    if isinstance(node, yaml.ScalarNode):
        count.values += 1
        return _scalar(node.tag, value)
    count.values += len(value) + 1
    if count.values > VALUES_LIMIT:
        raise _OutOfTheOrdinaryError
    if node.tag == _SEQ:
        return [_plain(child, count) for child in value]
    if node.tag != _MAP:
        raise _OutOfTheOrdinaryError
    found: dict[str, Any] = {}
    for key, child in value:
        name = key.value
        if key.tag != _STR or name in found:
            raise _OutOfTheOrdinaryError
        value = child.value
        # `!!str [a]` is no text.
        found[name] = value if child.tag == _STR and isinstance(value, str) else _plain(child, count)
    return found


def _scalar(tag: str, text: str) -> Any:
    read = _SCALARS.get(tag)
    if read is None:
        raise _OutOfTheOrdinaryError
    return read(text)


def _number(text: str) -> int:
    # YAML 1.1 has octal, hexadecimal and sexagesimal numbers, and underscores.
    if not text.isdecimal() or (text[0] == "0" and text != "0"):
        raise _OutOfTheOrdinaryError
    return int(text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": _number,
    "tag:yaml.org,2002:bool": lambda text: text.lower() in {"yes", "true", "on"},
    "tag:yaml.org,2002:null": lambda _: None,
}


def _step(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line + 1, child
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(part):
                return key.start_mark.line + 1, value
    return None


def _is_endless(root: yaml.Node) -> bool:
    """Whether a document has more values than anybody writes, every alias counted as what it stands for."""
    stack, seen = [root], 0
    while stack and seen <= VALUES_LIMIT:
        node = stack.pop()
        seen += 1
        if isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            stack.extend(part for pair in node.value for part in pair)
    return seen > VALUES_LIMIT


def _twice(root: yaml.Node, where: str) -> Iterator[Problem]:
    """Keys that a mapping holds twice: YAML forbids them, PyYAML keeps the last without a word."""
    stack: list[tuple[yaml.Node, tuple[str | int, ...]]] = [(root, ())]
    walked: set[int] = set()
    while stack:
        node, path = stack.pop()
        if isinstance(node, yaml.ScalarNode) or id(node) in walked:
            continue  # an alias leads to what was looked at where it stands
        walked.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack.extend((child, (*path, index)) for index, child in enumerate(node.value))
            continue
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen and name != "<<":
                yield Problem(
                    where=f"{where}:{line}",
                    key=dotted((*path, name)),
                    what=f"the key stands twice (first in line {seen[name]})",
                    hint="keep one of the two",
                )
            seen.setdefault(name, line)
            stack.append((value, (*path, name)))


def _broken(error: yaml.MarkedYAMLError, where: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = where if mark is None else f"{where}:{mark.line + 1}"
    context = f" ({error.context})" if error.context else ""
    return Problem(where=place, what=f"not YAML: {error.problem or error.context}{context if error.problem else ''}")
