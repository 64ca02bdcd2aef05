"""Python sources and requirement files, read as text: nothing of a catalogue is imported to be checked."""

from __future__ import annotations

import re
from functools import lru_cache
from symtable import Function, SymbolTable, symtable
from typing import TYPE_CHECKING

from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

# What the images run: see Dockerfile.base.
PYTHON = "3.13"

# pip, "Requirements File Format": a comment starts a line or follows a blank; a backslash joins lines.
_COMMENT = re.compile(r"(?:^|\s+)#.*$")
# PEP 508's form. What a version or a marker says is uv's to judge, when the module is locked; and the image's build,
# which reads catalogues too, gets by without `packaging`.
_VERSION = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+"
_FILE = re.compile(r"(?P<flag>-r|-c|--requirement|--constraint)(?:\s+|\s*=\s*|(?<=-[rc]))(?P<file>\S+)")
_HASH = re.compile(r"\s+--hash[=\s]\S+")
_PACKAGE = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_HINT = "one package a line, as shapely>=2.1,<3; indexes are not named here"
_PUBLISH = "name a released package, as shapely>=2.1; publish your own on an index and set PIP_EXTRA_INDEX_URL"
# PEP 508's `name [extras] @ address`, and what pip takes beside it. Neither a name nor a version has @ or ://.
_ADDRESS = re.compile(r"[^;]*?(?:@|://)")
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?\s*"
    r"(?:\[[\w\s.,-]*\]\s*)?"
    rf"(?:\(?\s*{_VERSION}(?:\s*,\s*{_VERSION})*\s*,?\s*\)?\s*)?"
    r"(?:;.+)?",
    re.ASCII,
)


def requirements(
    text: str, where: str, read: Callable[[str], str | None] = lambda _: None
) -> tuple[tuple[str, ...], list[Problem]]:
    """The requirements of a file without comments and blank lines, in order, and what cannot be one.

    `read` gives the text of a file that `-r` or `-c` names, None where there is none. A constraint counts for packages
    that the function names itself. Hashes are left out: the module's lock has the hashes of what is installed.
    """
    found: list[str] = []
    constraints: list[str] = []
    problems: list[Problem] = []
    for line, written in _logical_lines(text):
        place = f"{where}:{line}"
        option = _FILE.fullmatch(written)
        if option is None:
            requirement = _HASH.sub("", written).strip()
            problems += _refused(requirement, place)
            found.append(requirement)
            continue
        other = read(option["file"])
        if other is None:
            hint = f"write {option['file']}, or remove the line"
            problems.append(Problem(where=place, what=f"{option['file']!r} does not exist", hint=hint))
            continue
        more, trouble = requirements(other, f"{where} -> {option['file']}")
        problems += trouble
        (found if option["flag"] in {"-r", "--requirement"} else constraints).extend(more)
    named = {_package(each) for each in found}
    found += [each for each in constraints if _package(each) in named]
    return tuple(dict.fromkeys(found)), problems


def _package(requirement: str) -> str:
    """PEP 503's normal form of the name."""
    match = _PACKAGE.match(requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def python(content: bytes, where: str) -> list[Problem]:
    """A syntax error, in the file's own line."""
    table = _table(content)
    if isinstance(table, SymbolTable):
        return []
    line, what = table
    return [Problem(where=f"{where}:{line}" if line else where, what=f"is not Python: {what}")]


def defines(content: bytes, name: str) -> bool:
    """Whether a module binds a name at its top level. True where it cannot be known: `import *`, a syntax error."""
    table = _table(content)
    if not isinstance(table, SymbolTable) or b"import *" in content:
        return True
    if name not in table.get_identifiers():
        return False
    symbol = table.lookup(name)
    return symbol.is_assigned() or symbol.is_imported()


def parameters(content: bytes, name: str) -> int | None:
    """How many parameters of all kinds the module's function of a name has; None where it has no such, or several."""
    table = _table(content)
    children = table.get_children() if isinstance(table, SymbolTable) else []
    found = [each for each in children if isinstance(each, Function) and each.get_name() == name]
    return len(found[0].get_parameters()) if len(found) == 1 else None


@lru_cache(maxsize=64)
def _table(content: bytes) -> SymbolTable | tuple[int | None, str]:
    """The names of a module, or the line and the words of its refusal. Kept while one function is looked at."""
    # symtable parses and finds the names in C; ast would build every node as an object first.
    try:
        return symtable(content, "handler", "exec")  # type: ignore[arg-type]  # bytes: honours the coding line
    except SyntaxError as error:
        return error.lineno, error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return None, str(error) or "too deeply nested"


def _refused(requirement: str, where: str) -> list[Problem]:
    if requirement.startswith("-"):
        return [Problem(where=where, what=f"{requirement!r} is an option of pip", hint=_HINT)]
    if _ADDRESS.match(requirement):
        what = f"{requirement!r} is an address, and an address has no release that a hash could pin"
        return [Problem(where=where, what=what, hint=_PUBLISH)]
    if _REQUIREMENT.fullmatch(requirement):
        return []
    return [Problem(where=where, what=f"{requirement!r} is not a requirement", hint=_HINT)]


def _logical_lines(text: str) -> list[tuple[int, str]]:
    lines, joined, start = [], "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start or number
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            joined += raw[:-1]
            continue
        stripped = _COMMENT.sub("", joined + raw).strip()
        if stripped:
            lines.append((start, stripped))
        joined, start = "", 0
    stripped = _COMMENT.sub("", joined).strip()
    return [*lines, (start, stripped)] if stripped else lines
