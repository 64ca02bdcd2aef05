"""The names under which other people's handlers import their wrapper, which the runtime answers to.

A catalogue that was written for another wrapper runs as it is: `from carto.lambda_wrapper import redshift_handler`.
More names stand in `_shared/wrappers.txt` of any root, one dotted module name a line; a root of one's own with nothing
but that file, given after theirs, leaves theirs as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "_shared/wrappers.txt"
KNOWN = ("carto.lambda_wrapper", "logic.platforms.aws_lambda.runtime")

_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+", re.ASCII)


def parse(text: str, where: str) -> tuple[tuple[str, ...], list[Problem]]:
    """The names of a file. A name without a dot could hide a function's own file, so it is refused."""
    lines = [(number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1)]
    problems = [
        Problem(where=f"{where}:{number}", what=f"{name!r} is no dotted module name", hint=f"as {KNOWN[0]}")
        for number, name in lines
        if name and not _NAME.fullmatch(name)
    ]
    return tuple(name for _, name in lines if _NAME.fullmatch(name)), problems


def used(contents: Iterable[bytes], names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that a source mentions: a manifest lists no others."""
    contents = tuple(contents)
    found = {name for name in names if any(name.encode() in content for content in contents)}
    return tuple(sorted(found))
