"""One batch through a decorated handler: which rows it gets, and what becomes of the rows that have no answer."""

from __future__ import annotations

from itertools import compress, count, islice, repeat, starmap
from typing import TYPE_CHECKING, Any

import orjson

from gateway import arguments, results
from gateway.errors import BatchError, RowError, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gateway.decorators import Handler
    from gateway.families import WireType


class Batch:
    """A batch of `size` rows for a function; `columns` are as they crossed. Rows are numbered from 0."""

    def __init__(self, handler: Handler, *, name: str, returns: WireType | None, size: int) -> None:
        self.handler = handler
        self.name = name
        self.returns = returns
        self.size = size
        self._logged = False

    def run(self, columns: list[list[Any]], types: Sequence[WireType], *, exact: bool) -> Any:
        """Calls the handler; a list (or a NumPy array) of `size` values, None or RowError where there is no answer.

        Raises InexactError (see arguments.decode), and BatchError for what concerns all rows.
        """
        ready = arguments.decode_at_once(columns, types)
        if ready is not None:
            return self._call(ready, self.size)
        kept = self._kept(columns)
        columns = columns if kept is None else [list(compress(column, kept)) for column in columns]
        errors = arguments.decode(columns, types, exact=exact)
        size = self.size if kept is None else sum(kept)
        if not errors:
            return self._scatter(self._call(columns, size), kept)
        if self.handler.on_error == "fail_fast":
            row = min(errors)
            raise BatchError(self._row_message(_original(row, kept), errors[row]))
        good = [row not in errors for row in range(size)]
        called = self._call([list(compress(column, good)) for column in columns], sum(good))
        whole = self._scatter(called, good)
        for row, message in errors.items():
            whole[row] = RowError(message)
        return self._scatter(whole, kept)

    def settle(self, values: Any, *, fast: bool = True) -> Any:
        """What crosses for the values, with the rows' errors treated as the handler declares. Raises BatchError."""
        ready, errors = results.encode(values, self.returns, fast=fast) if self.returns else _untyped(values)
        if not errors or self.handler.on_error == "null":
            return ready
        if self.handler.on_error == "fail_fast":
            row = min(errors)
            raise BatchError(self._row_message(row, errors[row]))
        for row, message in errors.items():
            ready[row] = self._as_value(message)
        return ready

    def _kept(self, columns: list[list[Any]]) -> list[bool] | None:
        """Which rows the handler gets; None for all."""
        if self.handler.nulls == "pass" or not any(None in column for column in columns):
            return None
        return [None not in row for row in zip(*columns, strict=True)]

    def _call(self, columns: list[list[Any]], size: int) -> Any:
        if self.handler.by_columns:
            return self._call_by_columns(columns, size)
        function = self.handler.function
        calls = map(function, *columns) if columns else starmap(function, repeat((), size))
        return self._call_by_rows(calls, size)

    def _call_by_rows(self, calls: Iterator[Any], size: int) -> list[Any]:
        """The value of each call, in order. An iterator over map() goes on after the row that raised."""
        values: list[Any] = []
        append = values.append
        while len(values) < size:
            try:
                for value in calls:
                    append(value)
                if len(values) < size:
                    # The iterator ended early: a StopIteration came out of the function itself.
                    append(RowError("StopIteration"))
            except (MemoryError, SystemExit):  # noqa: PERF203  once for each row that fails, not for each row
                raise
            except Exception as error:  # noqa: BLE001  whatever a handler raises is its row's error
                self._log(error)
                append(RowError(describe(error)))
                if self.handler.on_error == "fail_fast":
                    values.extend([None] * (size - len(values)))
        return values

    def _call_by_columns(self, columns: list[list[Any]], size: int) -> Any:
        if not size:
            return []
        values = self.handler.function(*columns) if columns else self.handler.function(size)
        if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__iter__"):
            raise BatchError(
                f"{self.name}: the batch handler returned a {type(values).__name__}; expected a list of {size} values"
            )
        values = values if hasattr(values, "__len__") else list(values)
        if len(values) != size:
            raise BatchError(f"{self.name}: the batch handler returned {len(values)} values for {size} rows")
        return values

    def _scatter(self, values: Any, kept: list[bool] | None) -> Any:
        """Puts NULL back where rows were taken out."""
        if kept is None:
            return values
        source: Iterable[Any] = values.tolist() if hasattr(values, "tolist") else values
        following = iter(source)
        return [next(following) if keep else None for keep in kept]

    def _row_message(self, row: int, message: str) -> str:
        return f"Error processing row {row}: {self._named(message)}"

    def _named(self, message: str) -> str:
        return message if message.lower().startswith(self.name.lower()) else f"{self.name}: {message}"

    def _log(self, error: Exception) -> None:
        """A traceback for whoever wrote the handler, once a batch, unless the handler told the row's error itself."""
        if self._logged or isinstance(error, (RowError, ValueError)):
            return
        self._logged = True
        import logging  # noqa: PLC0415  awslambdaric has imported it already; elsewhere only errors need it

        logging.getLogger("gateway").error("%s: a row failed", self.name, exc_info=error)

    def _as_value(self, message: str) -> Any:
        if self.returns is not None and self.returns.family == "super":
            return orjson.dumps({"error": message.encode(errors="replace").decode()}).decode()
        limit = self.returns.limit if self.returns is not None else len(message)
        return message.encode(errors="replace")[:limit].decode(errors="ignore")


def _original(row: int, kept: list[bool] | None) -> int:
    """The number of a row before rows were taken out."""
    return row if kept is None else next(islice(compress(count(), kept), row, None))


def _untyped(values: Any) -> tuple[Any, dict[int, str]]:
    errors = {row: str(value) for row, value in enumerate(values) if isinstance(value, RowError)}
    if not errors:
        return values, errors
    return [None if row in errors else value for row, value in enumerate(values)], errors
