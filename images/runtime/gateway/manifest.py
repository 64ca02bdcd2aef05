"""The manifest of an image: which functions it holds, where their code lies, and what SQL calls them.

Written by the builder; `tests/contract/manifest.schema.json` is its schema, docs/architecture.md explains it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.errors import ManifestError
from gateway.families import WireType, wire_type

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class FunctionEntry:
    """One function. Folders are absolute; `module` and `attribute` name the handler.

    `untyped`: values cross as JSON has them, because a SQL template decides what they are. `wrappers`: the names under
    which its code imports another catalogue's wrapper.
    """

    name: str
    sql_names: tuple[str, ...]
    root: str
    module: str
    attribute: str
    arguments: tuple[WireType, ...]
    returns: WireType
    shared_libs: tuple[tuple[str, str], ...] = ()
    untyped: bool = False
    wrappers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A module's functions. `base` is the folder of the manifest; installed packages lie in `base`/packages."""

    module: str
    base: str
    functions: tuple[FunctionEntry, ...]

    @property
    def packages(self) -> str:
        return os.path.join(self.base, "packages")  # noqa: PTH118  pathlib costs a cold start some milliseconds


def read(path: str) -> Manifest:
    """Reads and checks a manifest. Raises ManifestError with every problem that it has."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  see above
            document = orjson.loads(file.read())
    except OSError as error:
        raise ManifestError(f"{path}: the manifest cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ManifestError(f"{path}: the manifest is not JSON: {error}") from error
    return parse(document, path=path)


def parse(document: Any, *, path: str) -> Manifest:
    """Checks a manifest's document. `path` is where it was read, and what its relative paths are relative to."""
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise ManifestError(f"{path}: version {version!r} of the manifest is not known; this runtime reads {VERSION}")
    reader = _Reader(base=os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH120  see above
    module = reader.text(document, "module", "")
    listed = reader.items(document, "functions", "")
    functions = [reader.function(item, f"functions[{index}]") for index, item in enumerate(listed)]
    found = tuple(function for function in functions if function is not None)
    reader.check_names(found)
    if reader.problems:
        raise ManifestError("\n".join(f"{path}: {problem}" for problem in reader.problems))
    return Manifest(module=module, base=reader.base, functions=found)


class _Reader:
    """Reads field by field, and notes every problem with the path of its key."""

    def __init__(self, *, base: str) -> None:
        self.base = base
        self.problems: list[str] = []

    def note(self, where: str, key: str, what: str) -> None:
        self.problems.append(f"{where}.{key}: {what}" if where else f"{key}: {what}")

    def text(self, item: dict[str, Any], key: str, where: str) -> str:
        value = item.get(key)
        if isinstance(value, str) and value:
            return value
        self.note(where, key, "is missing" if key not in item else f"{value!r} is not a text")
        return ""

    def items(self, item: dict[str, Any], key: str, where: str) -> list[Any]:
        value = item.get(key)
        if isinstance(value, list):
            return value
        self.note(where, key, "is missing" if key not in item else f"{value!r} is not a list")
        return []

    def type(self, name: Any, where: str, key: str) -> WireType:
        try:
            return wire_type(str(name))
        except ValueError as error:
            self.note(where, key, str(error))
            return WireType(name=str(name), family="text")

    def function(self, item: Any, where: str) -> FunctionEntry | None:
        if not isinstance(item, dict):
            self.problems.append(f"{where}: {item!r} is not an object")
            return None
        module, _, attribute = self.text(item, "handler", where).rpartition(".")
        if not module and item.get("handler"):
            self.note(where, "handler", f"{item['handler']!r} is not of the form module.function")
        libs = item.get("shared_libs", {})
        if not isinstance(libs, dict):
            self.note(where, "shared_libs", f"{libs!r} is not an object of names to folders")
            libs = {}
        for name, folder in libs.items():
            if os.path.basename(str(folder)) != name:  # noqa: PTH119  see above
                self.note(where, f"shared_libs.{name}", f"its folder {folder!r} must be called {name!r}")
        arguments = self.items(item, "arguments", where)
        return FunctionEntry(
            name=self.text(item, "name", where),
            sql_names=tuple(str(name).lower() for name in self.items(item, "sql_names", where)),
            root=self.folder(self.text(item, "root", where)),
            module=module,
            attribute=attribute,
            arguments=tuple(self.type(name, where, f"arguments[{place}]") for place, name in enumerate(arguments)),
            returns=self.type(self.text(item, "returns", where) or "VARCHAR", where, "returns"),
            shared_libs=tuple((str(name), self.folder(str(folder))) for name, folder in sorted(libs.items())),
            untyped=item.get("untyped", False) is True,
            wrappers=tuple(map(str, self.items(item, "wrappers", where))) if "wrappers" in item else (),
        )

    def folder(self, path: str) -> str:
        return os.path.normpath(os.path.join(self.base, path))  # noqa: PTH118  see above

    def check_names(self, functions: tuple[FunctionEntry, ...]) -> None:
        owners: dict[str, str] = {}
        for function in functions:
            for name in function.sql_names:
                owner = owners.setdefault(name, function.name)
                if owner != function.name:
                    self.problems.append(f"sql_names: {name!r} is claimed by {owner} and by {function.name}")
