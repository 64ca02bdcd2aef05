"""From the bytes of a request to the bytes of the reply, whatever happens in between."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from gateway import arguments, reply, request
from gateway.batch import Batch
from gateway.decorators import Handler
from gateway.errors import BatchError, InexactError, describe
from gateway.families import WireType
from gateway.functions import Functions

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.functions import Loaded
    from gateway.manifest import FunctionEntry, Manifest

# Where no manifest says what crosses: as it is.
_ANY = WireType(name="VARCHAR", family="text")
_AS_IT_IS = WireType(name="value", family="any")


class Dispatcher:
    """Answers for the functions of one manifest."""

    def __init__(self, manifest: Manifest) -> None:
        self.functions = Functions(manifest)

    def answer(self, body: bytes, context: Any) -> bytes:
        """The Lambda payload for a request: always a JSON string, with `success: false` inside where it failed."""
        count = 0
        call = _Call(collects=gc.isenabled())
        gc.disable()
        try:
            event = request.parse(body)
            if request.is_check(event):
                return reply.payload(self._checked(), 0)
            count = call.count = request.row_count(event)
            entry = self.functions.find(request.function_name(event))
            call.name = entry.name
            return reply.payload(self._reply(call, self.functions.load(entry), event, body, context), count)
        except BatchError as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001  Redshift must get an answer even where the runtime is at fault
            message = call.unforeseen(error)
        finally:
            self.functions.sweep_path()
            if call.collects:
                gc.enable()
        return reply.payload(reply.failure(message, count), count)

    def _checked(self) -> bytes:
        """The names of all functions, each imported; or what keeps some of them from it."""
        messages = self.functions.failures()
        if messages:
            return reply.failure("\n".join(messages), 0)
        found = [entry.name for entry in self.functions.manifest.functions]
        return reply.success(found, len(found))

    def _reply(self, call: _Call, loaded: Loaded, event: dict[str, Any], body: bytes, context: Any) -> bytes:
        handler = loaded.handler
        if isinstance(handler, Handler) and loaded.entry.untyped:
            return _untyped(call, handler, loaded.entry.name, _exact(event, body))
        if isinstance(handler, Handler):
            try:
                return _decorated(call, handler, loaded.entry, event)
            except InexactError:
                return _decorated(call, handler, loaded.entry, request.parse(body, exact=True), exact=True)
        event = _exact(event, body)
        return reply.checked(call(lambda: handler(event, context)), call.count, name=call.name)


def answer_event(handler: Handler, event: dict[str, Any], context: Any) -> str:
    """The reply's text for a decorated handler that is called by itself, without a manifest."""
    del context
    call = _Call(collects=False)
    call.name = handler.__name__
    try:
        call.count = request.row_count(event)
        columns = request.columns(event, request.width(event, handler.function))
        batch = Batch(handler, name=call.name, returns=None, size=call.count)
        values = call(lambda: batch.run(columns, [_ANY] * len(columns), exact=True))
        return _written(batch, values, call.count).decode()
    except BatchError as error:
        return reply.failure(str(error), call.count).decode()


def _exact(event: dict[str, Any], body: bytes) -> dict[str, Any]:
    return request.parse_as_python(body) if arguments.may_exceed_64_bits(body) else event


def _untyped(call: _Call, handler: Handler, name: str, event: dict[str, Any]) -> bytes:
    """As many arguments as the rows have: a template may make several external functions for one handler."""
    columns = request.columns(event, request.width(event, handler.function))
    batch = Batch(handler, name=name, returns=_AS_IT_IS, size=call.count)
    values = call(lambda: batch.run(columns, [_ANY] * len(columns), exact=True))
    return _written(batch, values, call.count)


def _decorated(
    call: _Call, handler: Handler, entry: FunctionEntry, event: dict[str, Any], *, exact: bool = False
) -> bytes:
    columns = request.columns(event, len(entry.arguments))
    # The rows are columns now; a large batch would otherwise be held twice while the handler works.
    event.clear()
    batch = Batch(handler, name=entry.name, returns=entry.returns, size=call.count)
    values = call(lambda: batch.run(columns, entry.arguments, exact=exact))
    return _written(batch, values, call.count)


def _written(batch: Batch, values: Any, count: int) -> bytes:
    try:
        return reply.success(batch.settle(values), count)
    except TypeError:
        # Half a surrogate pair somewhere, or an array of an odd layout: the slow way finds the row.
        pass
    try:
        return reply.success(batch.settle(values, fast=False), count)
    except TypeError as error:
        raise BatchError(f"{batch.name}: a result cannot be written as JSON: {error.__cause__ or error}") from error


class _Call:
    """A call of a handler: whatever the handler does, the batch gets an answer.

    Garbage is collected while the handler works, and not while a batch is parsed or written: that makes tens of
    thousands of lists and no cycles, and the collector, starting again and again, took a quarter of the time.
    """

    def __init__(self, *, collects: bool) -> None:
        self.collects = collects
        self.name = ""
        self.count = 0

    def __call__(self, work: Callable[[], Any]) -> Any:
        if self.collects:
            gc.enable()
        try:
            return work()
        except (BatchError, InexactError):
            raise
        except SystemExit as error:
            raise BatchError(f"{self.name} called sys.exit({error.code!r})") from error
        except Exception as error:
            raise BatchError(self.unforeseen(error)) from error
        finally:
            if self.collects:
                gc.disable()

    def unforeseen(self, error: Exception) -> str:
        """The message for an error that concerns the whole batch; its traceback goes to the log."""
        if isinstance(error, MemoryError):
            return (
                f"{self.name or 'the runtime'} ran out of memory with {self.count:,} rows: "
                "lower max_batch_rows or raise memory_size (clouds.redshift.config in function.yaml)"
            )
        if not isinstance(error, ValueError):
            import logging  # noqa: PLC0415  awslambdaric has imported it already; elsewhere only errors need it

            logging.getLogger("gateway").error("%s: the batch failed", self.name, exc_info=error)
        return f"{self.name}: {describe(error)}" if self.name else describe(error)
