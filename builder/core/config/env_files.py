"""Layers of settings: flags, the environment, and `.env` files, each value with the place that it came from."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dotenv.parser import parse_stream

from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OPEN = re.compile(r"""\s*(?:export\s+)?[^\s=#'"]+\s*=\s*(['"])(?:\\.|(?!\1)[^\\])*\Z""", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Given:
    """One value as it was written. `origin` names it in messages: `.env:3 RS_PORT`, `the environment's RS_PORT`."""

    text: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Layer:
    """The values of one source, by variable (or by flag). An empty value is no value."""

    values: Mapping[str, Given]
    file: str = ""


def from_flags(flags: Mapping[str, str]) -> Layer:
    """The command line's options, by parameter name."""
    values = {key: Given(text=text, origin=f"--{key.replace('_', '-')}") for key, text in flags.items() if text}
    return Layer(values=values)


def from_environment(environ: Mapping[str, str]) -> Layer:
    """The process's environment."""
    return Layer(
        values={key: Given(text=text, origin=f"{key} of the environment") for key, text in environ.items() if text}
    )


def from_text(text: str, file: str) -> tuple[Layer, list[Problem]]:
    """A `.env` file. Nothing is expanded: a password may hold a dollar."""
    values: dict[str, Given] = {}
    problems = []
    for binding in parse_stream(io.StringIO(text)):
        # A binding's line is the one after the last; blank lines and comments before it belong to it.
        skipped = len(binding.original.string) - len(binding.original.string.lstrip())
        line = binding.original.line + binding.original.string[:skipped].count("\n")
        if binding.error or (binding.key is not None and binding.value is None):
            problems.append(_refused(binding.original.string, f"{file}:{line}"))
        elif binding.key is not None and binding.value:
            values[binding.key] = Given(text=binding.value, origin=f"{file}:{line} {binding.key}")
        elif binding.key is not None:
            values.pop(binding.key, None)
    return Layer(values=values, file=file), problems


def _refused(text: str, where: str) -> Problem:
    """What is wrong with a line. It stays out of the message itself: it may hold a password."""
    if _OPEN.match(text):
        hint = "close it with the same quote; a quote inside the value is written with a backslash before it"
        return Problem(where=where, what="opens a quote that is not closed", hint=hint)
    hint = "write NAME=value, in quotes where the value holds blanks, # or quotes"
    return Problem(where=where, what="is not NAME=value", hint=hint)


def read(path: Path, shown: str) -> tuple[Layer, list[Problem]]:
    """The file's layer; an empty one where there is no file."""
    try:
        return from_text(path.read_text(encoding="utf-8-sig"), shown)
    except (FileNotFoundError, NotADirectoryError):
        return Layer(values={}), []
    except UnicodeDecodeError as error:
        what, hint = f"is not UTF-8 (byte {error.start})", "save it as UTF-8"
    except OSError as error:
        what, hint = f"cannot be read: {error.strerror}", "make it a readable file, or remove it"
    return Layer(values={}), [Problem(where=shown, what=what, hint=hint)]
