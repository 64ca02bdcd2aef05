"""The ways in which a function can be called: in process, in its image, deployed, and through SQL.

One protocol, so that `builder invoke`, `builder test` and the pytest fixtures are the same calls.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from builder.core.calls import call as calls
from builder.core.calls.cases import Outcome
from builder.core.images import build_plan
from builder.errors import InvokeError, UsageError, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from builder.adapters.emulator import Emulator
    from builder.adapters.in_process import InProcess
    from builder.adapters.warehouse import Warehouse
    from builder.core.calls.cases import Case
    from builder.core.catalog.units import Unit
    from builder.model import Function, Module


class Way(Protocol):
    """A way to call functions. `title` is its name for people: `in-process`, `image`, `deployed`, `sql`."""

    title: str

    def answers(self, function: Function) -> bool:
        """Whether this way can call the function at all."""
        ...

    def call(self, function: Function, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """One value a row. Raises InvokeError in the function's own words."""
        ...

    def close(self) -> None:
        """Gives back what it holds."""
        ...


class LambdaWay:
    """Anything that takes a Lambda event: `send` is given the function and the event, and gives the reply's text."""

    def __init__(self, title: str, send: Callable[[Function, bytes], str], close: Callable[[], None]) -> None:
        self.title = title
        self._send = send
        self.close = close

    def answers(self, function: Function) -> bool:
        return function.kind == "lambda"

    def call(self, function: Function, rows: Sequence[Sequence[Any]]) -> list[Any]:
        if not self.answers(function):
            raise UsageError(
                "is a native SQL function: there is no Python to call",
                where=function.name,
                hint=f'builder query "SELECT carto.{function.name}(...)"',
            )
        return calls.results(function, self._send(function, calls.request(function, rows)), count=len(rows))


class SqlWay:
    """A SELECT a row, through the configured Redshift."""

    title = "sql"

    def __init__(self, warehouse: Warehouse, *, schema: str) -> None:
        self._warehouse = warehouse
        self._schema = schema

    def answers(self, function: Function) -> bool:
        del function
        return True

    def call(self, function: Function, rows: Sequence[Sequence[Any]]) -> list[Any]:
        return [self._one(function, row) for row in rows]

    def close(self) -> None:
        self._warehouse.close()

    def _one(self, function: Function, row: Sequence[Any]) -> Any:
        try:
            result = self._warehouse.query(calls.query(function, row, schema=self._schema))
        except WarehouseError as error:
            raise InvokeError(str(error), where=function.name) from error
        return calls.value(function, result.rows[0][0])


def in_process(modules: Mapping[str, Module]) -> LambdaWay:
    """The runtime in this process, over the catalogue's own files, in a project that may be read-only.

    The runtime reads a manifest once, when it is opened; the paths in it are absolute.
    """
    from builder.adapters.in_process import InProcess  # noqa: PLC0415  each way loads only its own libraries

    runners: dict[str, InProcess] = {}

    def send(function: Function, event: bytes) -> str:
        if function.module not in runners:
            with TemporaryDirectory() as folder:
                manifest = Path(folder) / f"{function.module}.json"
                manifest.write_text(json.dumps(build_plan.source_manifest(modules[function.module])), "utf-8")
                runners[function.module] = InProcess(manifest)
        return runners[function.module].invoke(event)

    return LambdaWay("in-process", send, lambda: None)


def image(units: Mapping[str, Unit], *, reference: Callable[[str], str]) -> LambdaWay:
    """Each Lambda's image under the runtime emulator.

    `units` are by function; `reference` gives an image in the engine by its name.
    """
    from builder.adapters.emulator import Emulator  # noqa: PLC0415  each way loads only its own libraries

    running: dict[str, Emulator] = {}
    stack = ExitStack()

    def send(function: Function, event: bytes) -> str:
        unit = units[function.name]
        if unit.name not in running:
            limits = build_plan.limits(unit.functions)
            emulator = Emulator(reference(unit.image), memory_mb=limits.memory_size, timeout_seconds=limits.timeout)
            running[unit.name] = stack.enter_context(emulator)
        return calls.unwrap(running[unit.name].invoke(event), where=function.name)

    return LambdaWay("image", send, stack.close)


def deployed(invoke: Callable[[str, bytes], bytes], *, units: Mapping[str, Unit]) -> LambdaWay:
    """The Lambdas themselves. `units` are by function."""

    def send(function: Function, event: bytes) -> str:
        return calls.unwrap(invoke(units[function.name].name, event), where=function.name)

    return LambdaWay("deployed", send, lambda: None)


def outcomes(way: Way, function: Function, cases: Sequence[Case]) -> list[Outcome]:
    """The outcome of every case: one batch for those that should answer, one call for each that should fail.

    A batch that fails is repeated a case at a time, so that the error is told of its own case.
    """
    good = [case for case in cases if case.error is None]
    found: dict[str, Outcome] = {}
    try:
        values = way.call(function, [case.arguments for case in good]) if good else []
        found = {case.name: Outcome(value=value) for case, value in zip(good, values, strict=True)}
    except InvokeError:
        found = {case.name: _outcome(way, function, case) for case in good}
    found.update({case.name: _outcome(way, function, case) for case in cases if case.error is not None})
    return [found[case.name] for case in cases]


def _outcome(way: Way, function: Function, case: Case) -> Outcome:
    try:
        return Outcome(value=way.call(function, [case.arguments])[0])
    except InvokeError as error:
        return Outcome(error=str(error))
