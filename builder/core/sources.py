"""Python sources and requirement files, read as text: nothing of a catalogue is imported to be checked."""

from __future__ import annotations

import re
import symtable
from functools import lru_cache

from builder.errors import Problem

# pip, "Requirements File Format": a comment starts a line or follows a blank; a backslash joins lines.
_COMMENT = re.compile(r"(?:^|\s+)#.*$")
# PEP 508's form. What a version or a marker says is uv's to judge, when the module is locked; and the image's build,
# which reads catalogues too, gets by without `packaging`.
_VERSION = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+"
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?\s*"
    r"(?:\[[\w\s.,-]*\]\s*)?"
    rf"(?:@\s*\S+(?:\s+)?|\(?\s*{_VERSION}(?:\s*,\s*{_VERSION})*\s*,?\s*\)?\s*)?"
    r"(?:;.+)?",
    re.ASCII,
)


def requirements(text: str, where: str) -> tuple[tuple[str, ...], list[Problem]]:
    """The requirements of a file without comments and blank lines, in order, and what cannot be one."""
    found, problems = [], []
    for line, requirement in _logical_lines(text):
        found.append(requirement)
        what = _refused(requirement)
        if what:
            hint = "one package a line, as shapely>=2.1,<3; indexes and hashes are not named here"
            problems.append(Problem(where=f"{where}:{line}", what=what, hint=hint))
    return tuple(found), problems


def python(content: bytes, where: str) -> list[Problem]:
    """A syntax error, in the file's own line."""
    refusal = _names(content)[1]
    if refusal is None:
        return []
    line, what = refusal
    return [Problem(where=f"{where}:{line}" if line else where, what=f"is not Python: {what}")]


def defines(content: bytes, name: str) -> bool:
    """Whether a module binds a name at its top level. True where it cannot be known: `import *`, a syntax error."""
    bound, refusal = _names(content)
    return refusal is not None or name in bound or b"import *" in content


@lru_cache(maxsize=65_536)
def _names(content: bytes) -> tuple[frozenset[str], tuple[int | None, str] | None]:
    # symtable parses and finds the names in C; ast would build every node as an object first.
    try:
        table = symtable.symtable(content, "handler", "exec")  # type: ignore[arg-type]  # bytes: honours the coding line
    except SyntaxError as error:
        return frozenset(), (error.lineno, error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        return frozenset(), (None, str(error) or "too deeply nested")
    symbols = table.get_symbols()
    return frozenset(each.get_name() for each in symbols if each.is_assigned() or each.is_imported()), None


def _refused(requirement: str) -> str:
    if requirement.startswith("-"):
        return f"{requirement!r} is an option of pip"
    return "" if _REQUIREMENT.fullmatch(requirement) else f"{requirement!r} is not a requirement"


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
