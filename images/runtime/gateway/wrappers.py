"""Other people's wrapper under its own names: `from carto.lambda_wrapper import redshift_handler`.

Catalogues that had a Lambda for each function were shipped with a wrapper, and their handlers import it. The manifest
lists the names under which a function's handlers look for it; a module that really has such a name comes first. The
row function gets one list of values, NULL as None; the message of a row is `Error processing row N: ...`, as it was.
"""

from __future__ import annotations

import sys
from enum import Enum
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any

from gateway.decorators import Handler
from gateway.errors import BatchError
from gateway.json_text import json_text
from gateway.scope import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType

    Row = Callable[[list[Any]], Any]
    Rows = Callable[[list[list[Any]]], Sequence[Any]]

# Redshift takes texts, numbers and booleans: a document crosses as its JSON text, whatever the declared type.
_DOCUMENTS = (dict, list, tuple)

_names: set[str] = set()


class ErrorHandlingMode(Enum):
    """What becomes of a row that raised: the batch fails, the row is its error as JSON, or the row is NULL."""

    FAIL_FAST = "fail_fast"
    RETURN_ERROR = "return_error"
    SILENT = "silent"


def redshift_handler(
    function: Row | None = None, error_mode: ErrorHandlingMode = ErrorHandlingMode.FAIL_FAST
) -> Handler | Callable[[Row], Handler]:
    """A row at a time, as one list."""

    def wrap(row_function: Row) -> Handler:
        def by_columns(*columns: Any) -> list[Any]:
            return _each(row_function, _rows(columns), ErrorHandlingMode(error_mode))

        return _handler(row_function, by_columns)

    return wrap if function is None else wrap(function)


def batch_redshift_handler(function: Rows) -> Handler:
    """All rows of a batch at a time, as a list of lists."""

    def by_columns(*columns: Any) -> Sequence[Any]:
        try:
            return function(_rows(columns))
        except Exception as error:
            raise BatchError(f"Batch processing error: {error}") from error

    return _handler(function, by_columns)


def install(names: Iterable[str]) -> None:
    """Makes the wrapper importable under these names, and under their private ones, where nothing else has them."""
    _names.update(names)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def _handler(function: Callable[..., Any], by_columns: Callable[..., Any]) -> Handler:
    handler = Handler(by_columns, by_columns=True, on_error="fail_fast", nulls="pass")
    handler.__wrapped__ = function
    handler.__name__ = getattr(function, "__name__", "handler")
    handler.__doc__ = function.__doc__
    handler.__module__ = function.__module__
    return handler


def _rows(columns: tuple[Any, ...]) -> list[list[Any]]:
    """A batch handler without arguments is given the number of rows."""
    if len(columns) == 1 and isinstance(columns[0], int):
        return [[] for _ in range(columns[0])]
    return [list(row) for row in zip(*columns, strict=True)]


def _each(function: Row, rows: list[list[Any]], mode: ErrorHandlingMode) -> list[Any]:
    found: list[Any] = []
    for number, row in enumerate(rows):
        try:
            value = function(row)
            # A NumPy array has dimensions; a NumPy scalar has none.
            document = isinstance(value, _DOCUMENTS) or bool(getattr(value, "ndim", False))
            found.append(json_text(value) if document else value)
        except MemoryError:  # noqa: PERF203  once for each row that fails, not for each row
            raise
        except Exception as error:  # noqa: BLE001  whatever a handler raises is its row's error
            found.append(_instead(number, error, mode))
    return found


def _instead(number: int, error: Exception, mode: ErrorHandlingMode) -> Any:
    message = f"Error processing row {number}: {error}"
    if mode is ErrorHandlingMode.FAIL_FAST:
        raise BatchError(message) from error
    sys.stderr.write(f"{message}\n")
    if mode is ErrorHandlingMode.SILENT:
        return None
    return json_text({"error": str(error), "row_index": number, "type": type(error).__name__})


class _Finder:
    """The last on sys.meta_path: finds an alias, and the packages above it, when nobody else has."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        public = name.partition(".")[2] if name.startswith(PREFIX) else name
        if public in _names:
            return ModuleSpec(name, _Loader())
        if any(alias.startswith(f"{public}.") for alias in _names):
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = []
            return spec
        return None


class _Loader(Loader):
    """Fills an alias with the wrapper's names."""

    def create_module(self, spec: ModuleSpec) -> None:
        del spec

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(
            redshift_handler=redshift_handler,
            batch_redshift_handler=batch_redshift_handler,
            ErrorHandlingMode=ErrorHandlingMode,
        )
