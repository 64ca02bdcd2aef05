"""The functions of an image, each imported when it is first called.

An import that fails fails its own function alone. It is tried again at the next batch, from a clean start: an execution
environment lives for hours, and what failed may have been the network or a full /tmp.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.decorators import Handler
from gateway.errors import BatchError
from gateway.scope import PREFIX, Scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from gateway.manifest import FunctionEntry, Manifest

# What the message of an error can be the value of.
_HOLDS_A_MESSAGE = {"text", "super"}


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A function that is ready. `handler` is decorated, or a plain `(event, context)`."""

    entry: FunctionEntry
    handler: Handler | Callable[[dict[str, Any], Any], Any]


class Functions:
    """Finds and imports the functions of one manifest."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self._entries = {name: entry for entry in manifest.functions for name in entry.sql_names}
        self._scopes: dict[str, Scope] = {}
        self._loaded: dict[str, Loaded] = {}
        self._lock = threading.RLock()
        if manifest.packages not in sys.path and os.path.isdir(manifest.packages):  # noqa: PTH112  see manifest.py
            sys.path.append(manifest.packages)
        self._path = list(sys.path)
        aliases = {name for entry in manifest.functions for name in entry.wrappers}
        if aliases:
            from gateway import wrappers  # noqa: PLC0415  only for catalogues that bring such handlers

            wrappers.install(aliases)

    def find(self, sql_name: str) -> FunctionEntry:
        """Raises BatchError for a name that the image does not have."""
        entry = self._entries.get(sql_name)
        if entry is None:
            known = ", ".join(sorted(self._entries)) or "none"
            raise BatchError(
                f"no function {sql_name!r} in the image of module {self.manifest.module!r}, which has: {known}"
            )
        return entry

    def load(self, entry: FunctionEntry) -> Loaded:
        """The function, imported if it was not yet. Raises BatchError with what failed, and where."""
        found = self._loaded.get(entry.name)
        if found is not None:
            return found
        with self._lock:
            if entry.name not in self._loaded:
                self._loaded[entry.name] = Loaded(entry=entry, handler=self._import(entry))
            return self._loaded[entry.name]

    def failures(self) -> list[str]:
        """Imports every function. A message for each that cannot be, in the manifest's order."""
        messages: list[str] = []
        for entry in self.manifest.functions:
            try:
                self.load(entry)
            except BatchError as error:  # noqa: PERF203  all of them are told
                messages.append(str(error))
        return messages

    def _import(self, entry: FunctionEntry) -> Any:
        scope = self._scopes.get(entry.name)
        if scope is None:
            scope = Scope(name=entry.name, root=entry.root, shared_libs=dict(entry.shared_libs))
            self._scopes[entry.name] = scope
        try:
            handler = getattr(scope.load(entry.module), entry.attribute)
        except (Exception, SystemExit) as error:
            scope.forget()
            raise BatchError(
                f"{entry.name} cannot be imported: {_explain(error, scope, self.manifest.base)}"
            ) from error
        finally:
            self.sweep_path()
        _check(entry, handler)
        return handler

    def sweep_path(self) -> None:
        """Takes functions' folders out of sys.path: handlers like to put their own there, where all would see it.

        The function's scope goes on looking there.
        """
        if sys.path == self._path:
            return
        for folder in [folder for folder in sys.path if folder not in self._path]:
            owners = [scope for scope in self._scopes.values() if scope.holds(folder)]
            for scope in owners:
                scope.follow_path()
            if owners:
                sys.path.remove(folder)
        self._path = list(sys.path)


def _check(entry: FunctionEntry, handler: Any) -> None:
    if not callable(handler):
        raise BatchError(
            f"{entry.name}: {entry.module}.{entry.attribute} is a {type(handler).__name__}, not a function"
        )
    returns_error = isinstance(handler, Handler) and handler.on_error == "return_error"
    if returns_error and entry.returns.family not in _HOLDS_A_MESSAGE:
        raise BatchError(
            f'{entry.name}: on_error="return_error" gives a message, which a {entry.returns.name} cannot hold: '
            'use "null" or "fail_fast", or return VARCHAR or SUPER'
        )


def _explain(error: BaseException, scope: Scope, base: str) -> str:
    """`ModuleNotFoundError: No module named 'h3' (functions/h3_boundary/handler.py:3)`."""
    text = f"{type(error).__name__}: {error}".replace(f"{scope.package}.", "")
    place = _place(error)
    return f"{text} ({os.path.relpath(place, base)})" if place else text


def _place(error: BaseException) -> str:
    """The last line of the handler's side: the frames below it are the import machinery or a library's."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    place = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if str(frame.f_globals.get("__name__", "")).startswith(PREFIX):
            place = f"{frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
