"""From the bytes of a request to the bytes of the reply, whatever happens in between."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, TypeVar

from gateway import arguments, reply, request
from gateway.batch import Batch
from gateway.decorators import Handler
from gateway.errors import BatchError, InexactError, describe
from gateway.functions import Functions

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from gateway.functions import Loaded
    from gateway.manifest import FunctionEntry, Manifest

T = TypeVar("T")


class Dispatcher:
    """Answers for the functions of one manifest."""

    def __init__(self, manifest: Manifest) -> None:
        self.functions = Functions(manifest)

    def answer(self, body: bytes, context: Any) -> bytes:
        """The Lambda payload for a request: always a JSON string, with `success: false` inside where it failed."""
        count = 0
        try:
            with _NoCollection():
                event = request.parse(body)
            count = request.row_count(event)
            loaded = self.functions.load(self.functions.find(request.function_name(event)))
            if isinstance(loaded.handler, Handler):
                return reply.payload(_decorated(loaded.handler, loaded.entry, event, body), count)
            if arguments.may_exceed_64_bits(body):
                event = request.parse_as_python(body)
            return reply.payload(_plain(loaded, event, context, count), count)
        except BatchError as error:
            return reply.payload(reply.failure(str(error), count), 0)
        finally:
            self.functions.sweep_path()


def answer_event(handler: Handler, event: dict[str, Any], context: Any) -> str:
    """The reply's text for a decorated handler that is called by itself, without a manifest."""
    del context
    name, count = handler.__name__, 0
    try:
        count = request.row_count(event)
        columns = request.columns(event, request.width(event, handler.function))
        batch = Batch(handler, name=name, returns=None, size=count)
        values = _guarded(name, count, lambda: batch.run(columns, (), exact=True))
        return _written(batch, values, count).decode()
    except BatchError as error:
        return reply.failure(str(error), count).decode()


def _decorated(handler: Handler, entry: FunctionEntry, event: dict[str, Any], body: bytes) -> bytes:
    try:
        return _run(handler, entry, event, exact=False)
    except InexactError:
        return _run(handler, entry, request.parse(body, exact=True), exact=True)


def _run(handler: Handler, entry: FunctionEntry, event: dict[str, Any], *, exact: bool) -> bytes:
    count = request.row_count(event)
    with _NoCollection():
        columns = request.columns(event, len(entry.arguments))
    # The rows are columns now; a large batch would otherwise be held twice while the handler works.
    event.clear()
    batch = Batch(handler, name=entry.name, returns=entry.returns, size=count)
    values = _guarded(entry.name, count, lambda: batch.run(columns, entry.arguments, exact=exact))
    return _written(batch, values, count)


def _plain(loaded: Loaded, event: dict[str, Any], context: Any, count: int) -> bytes:
    name, handler = loaded.entry.name, loaded.handler
    return _guarded(name, count, lambda: reply.checked(handler(event, context), count))


def _written(batch: Batch, values: Any, count: int) -> bytes:
    with _NoCollection():
        try:
            return reply.success(batch.settle(values), count)
        except TypeError:
            # Half a surrogate pair somewhere, or an array of an odd layout: the slow way finds the row.
            pass
        try:
            return reply.success(batch.settle(values, fast=False), count)
        except TypeError as error:
            raise BatchError(f"{batch.name}: a result cannot be written as JSON: {error.__cause__ or error}") from error


def _guarded(name: str, count: int, call: Callable[[], T]) -> T:
    """Whatever a handler does, the batch gets an answer; what the handler did not foresee is logged with its place."""
    try:
        return call()
    except (BatchError, InexactError):
        raise
    except MemoryError as error:
        raise BatchError(
            f"{name} ran out of memory with {count:,} rows: lower max_batch_rows or raise memory_size "
            "(clouds.redshift.config in function.yaml)"
        ) from error
    except SystemExit as error:
        raise BatchError(f"{name} called sys.exit({error.code!r})") from error
    except Exception as error:
        if not isinstance(error, ValueError):
            import logging  # noqa: PLC0415  awslambdaric has imported it already; elsewhere only errors need it

            logging.getLogger("gateway").exception("%s: the batch failed", name)
        raise BatchError(f"{name}: {describe(error)}") from error


class _NoCollection:
    """No garbage collection while a batch is parsed or written: it makes many objects and no cycles.

    Tens of thousands of new lists start the collector again and again; it took a quarter of the parsing's time.
    """

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._was_on:
            gc.enable()
