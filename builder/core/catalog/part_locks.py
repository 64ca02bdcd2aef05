"""The locks of a module's requirements: `requirements.lock` and, where they cannot be met together, those beside it.

A module whose functions exclude one another's packages is split: each part is an image with a lock of its own. The
partition is written down in the locks' headers, so that reading a catalogue needs neither a resolver nor a network.
What no header names belongs to the first part.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from builder.model import PartLock

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCK = "requirements.lock"
# The first lock and those beside it.
PATTERN = "requirements*.lock"

_GROUP = re.compile(r"requirements\.([2-9]|[1-9][0-9]+)\.lock")
_FUNCTIONS = re.compile(r"^# functions: (.*)$", re.MULTILINE)
_REASON = re.compile(r"^# reason: (.*)$", re.MULTILINE)


def file(group: str) -> str:
    """The lock's file: `requirements.lock`, `requirements.2.lock`."""
    return f"requirements.{group}.lock" if group else LOCK


def header(functions: Iterable[str], reason: str) -> str:
    """What the lock of a further part says of it: whose it is, and why these cannot be with the others."""
    return f"# functions: {', '.join(functions)}\n# reason: {' '.join(reason.split())}\n"


def parse(module: str, name: str, text: str) -> PartLock | None:
    """The part that a file describes; None for a file of another name."""
    group = _GROUP.fullmatch(name)
    if group is None:
        return None
    functions, reason = _FUNCTIONS.search(text), _REASON.search(text)
    named = (part.strip() for part in functions.group(1).split(",")) if functions else ()
    return PartLock(
        module=module,
        group=group.group(1),
        functions=tuple(each for each in named if each),
        reason=reason.group(1) if reason else "",
        text=text,
    )


def order(part: PartLock) -> int:
    """By number: 2 before 10."""
    return int(part.group)
