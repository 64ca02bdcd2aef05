"""Each function's code in a world of its own.

Forty functions of one image each have a `handler.py`, many a `lib/` or a `utils.py`. Python knows one module per name,
so a function's modules get names of their own: `handler` of quadbin_polyfill is `gateway_quadbin_polyfill.handler` in
sys.modules, and so are its siblings and its instance of each shared library. What makes `import utils` find the
right one is the builtins of these modules: every module that is loaded here gets its own `__builtins__` with an
`__import__` bound to its function (the import statement calls the one that it finds there; exec() documents that
builtins can be given). So the rule holds wherever the statement stands, in a function body at call time or in a
thread, while imports of everybody else run the interpreter's own code, at its own speed.

An absolute import is looked for in the function's folder, then among its shared libraries (`lib.<name>`), then
everywhere else. Files are stored once and their bytecode is shared; what is separate is the module objects.
Pickling works, because the private names are real modules. What takes a module by its name, as importlib.import_module,
follows the same rule: see by_name.py.
"""

from __future__ import annotations

import builtins
import os
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import TYPE_CHECKING

from gateway import by_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

PREFIX = "gateway_"
LIB = "lib"
_BY_NAME = frozenset({"importlib", "pkgutil"})

_SCOPES: dict[str, Scope] = {}
_python_import = builtins.__import__


class Scope:
    """The modules of one function. `package` is the private package that they live in."""

    def __init__(self, *, name: str, root: str, shared_libs: Mapping[str, str]) -> None:
        self.package = _free_name(PREFIX + "".join(c if c.isalnum() else "_" for c in name))
        self.root = root
        self.shared_libs = dict(shared_libs)
        self._owned: dict[str, bool] = {}
        self._seen_path: list[str] = []
        self._extra: list[str] = []
        self.builtins = {**vars(builtins), "__import__": self._import}
        _install()
        _SCOPES[self.package] = self
        self._open()

    def load(self, module: str) -> ModuleType:
        """Imports a module of the function by its own name, `handler`."""
        return by_name.import_module(f"{self.package}.{module}")

    def forget(self) -> None:
        """Takes out every module that was loaded, so that a next attempt starts clean."""
        for name in [name for name in sys.modules if name.startswith(f"{self.package}.")]:
            del sys.modules[name]
        self._owned.clear()
        self._open()

    def owns(self, top: str) -> bool:
        """Whether the first part of a dotted name is the function's own (or `lib`, where it has shared libraries)."""
        if self._seen_path != sys.path:
            self.follow_path()
        if top not in self._owned:
            self._owned[top] = self._find_own(top)
        return self._owned[top]

    def find_spec(self, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
        """The specification of a private module. `name` is without the private package."""
        parent, _, leaf = name.rpartition(".")
        full = f"{self.package}.{name}"
        found = _find_in(full, list(path or ()) if parent else [self.root, *self._extra])
        if parent == LIB and leaf in self.shared_libs and (found is None or found.loader is None):
            # The folder's last part is the library's name: see manifest.py.
            return _find_in(full, [self.shared_libs[leaf].rpartition(os.sep)[0]])
        if name == LIB and self.shared_libs and found is None:
            return _namespace(full, [])
        return found

    def holds(self, folder: str) -> bool:
        """Whether a folder is the function's own, or inside it."""
        return os.path.normpath(folder) == self.root or os.path.normpath(folder).startswith(self.root + os.sep)

    def _open(self) -> None:
        package = type(sys)(self.package)
        package.__path__ = [self.root]
        package.__spec__ = _namespace(self.package, [self.root])
        sys.modules[self.package] = package

    def follow_path(self) -> None:
        """Takes note of folders that the function has put into sys.path of its own: handlers like to do that."""
        self._seen_path = list(sys.path)
        new = [folder for folder in self._seen_path if folder not in self._extra and self.holds(folder)]
        self._extra.extend(new)
        self._owned = {top: own for top, own in self._owned.items() if own}

    def _find_own(self, top: str) -> bool:
        if top == LIB and self.shared_libs:
            return True
        spec = _find_in(f"{self.package}.{top}", [self.root, *self._extra])
        if spec is None:
            return False
        # A folder without __init__.py gives way to a real module elsewhere, as it does on sys.path.
        return spec.loader is not None or not _exists_elsewhere(top)

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002  the names of builtins.__import__
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        top = name.partition(".")[0]
        if level or not self.owns(top):
            found = _python_import(name, globals, locals, fromlist or (), level)
            if top in _BY_NAME:
                by_name.follow(_own)
            return found
        try:
            module = _python_import(f"{self.package}.{name}", globals, locals, fromlist or (), 0)
        except ModuleNotFoundError as error:
            raise by_name.without_prefix(error, f"{self.package}.") from None
        return module if fromlist else sys.modules[f"{self.package}.{top}"]


class _Finder:
    """Finds private modules, on sys.meta_path; knows no others."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        del target
        package, _, rest = name.partition(".")
        scope = _SCOPES.get(package)
        return scope.find_spec(rest, path) if scope is not None and rest else None


class _SourceLoader(SourceFileLoader):
    """Gives a module its function's builtins before its code runs."""

    def exec_module(self, module: ModuleType) -> None:
        _give_builtins(module)
        super().exec_module(module)


class _SourcelessLoader(SourcelessFileLoader):
    """The same for modules that are shipped as bytecode alone."""

    def exec_module(self, module: ModuleType) -> None:
        _give_builtins(module)
        super().exec_module(module)


def _give_builtins(module: ModuleType) -> None:
    vars(module)["__builtins__"] = _SCOPES[module.__name__.partition(".")[0]].builtins


def _install() -> None:
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        # First: the interpreter's own finder would find the same files, and load them without their builtins.
        sys.meta_path.insert(0, _Finder())
        by_name.follow(_own)


def _own(caller: str, name: str) -> str | None:
    """What a module is really called, if it is of the function that the caller's module is of."""
    scope = _SCOPES.get(caller.partition(".")[0])
    if scope is None or not scope.owns(name.partition(".")[0]):
        return None
    return f"{scope.package}.{name}"


def _free_name(wanted: str) -> str:
    """Two manifests of one process can hold functions of the same name."""
    name, count = wanted, 1
    while name in _SCOPES:
        count += 1
        name = f"{wanted}_{count}"
    return name


def _find_in(full: str, folders: Sequence[str]) -> ModuleSpec | None:
    portions: list[str] = []
    for folder in folders:
        finder = FileFinder(
            folder,
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (_SourceLoader, SOURCE_SUFFIXES),
            (_SourcelessLoader, BYTECODE_SUFFIXES),
        )
        spec = finder.find_spec(full)
        if spec is not None and spec.loader is not None:
            return spec
        portions.extend((spec.submodule_search_locations or []) if spec is not None else [])
    return _namespace(full, portions) if portions else None


def _namespace(full: str, folders: list[str]) -> ModuleSpec:
    spec = ModuleSpec(full, None, is_package=True)
    spec.submodule_search_locations = folders
    return spec


def _exists_elsewhere(top: str) -> bool:
    if top in sys.modules or top in sys.builtin_module_names:
        return True
    spec = PathFinder.find_spec(top)
    return spec is not None and spec.loader is not None
