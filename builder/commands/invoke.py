"""`builder invoke FUNCTION ARG...`: one call, or the rows of a file, without a warehouse."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from builder.commands._options import catalogue, output_format, pass_app, place
from builder.commands._ways import open_way
from builder.core.calls import call as calls
from builder.core.calls.answers import plain
from builder.core.catalog.modules import group
from builder.core.catalog.selection import select
from builder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from builder.app import App
    from builder.model import Catalog, Function


# Unknown options are arguments: -3.7 is a longitude.
@click.command("invoke", context_settings={"ignore_unknown_options": True})
@click.argument("function")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--in-process", "way", flag_value="in-process", default=True, help="In this process (the default).")
@click.option("--image", "way", flag_value="image", help="In the module's image, under Lambda's runtime emulator.")
@click.option("--deployed", "way", flag_value="deployed", help="The deployed Lambda.")
@click.option("--rows", type=click.File("rb"), help="A JSON list of argument lists, sent as one batch (- for stdin).")
@place
@catalogue
@output_format
@pass_app
def command(app: App, function: str, arguments: tuple[str, ...], way: str, rows: BinaryIO | None) -> None:
    """Call FUNCTION with one ARGUMENT for each parameter; NULL is NULL, SUPER is JSON, a geometry WKT or GeoJSON."""
    catalog = app.catalog
    found = _one(catalog, function)
    batch = _batch(found, arguments, rows)
    modules = {module.name: module for module in group(catalog, catalog.functions)}
    opened = open_way(app, way, modules)
    try:
        start = time.perf_counter()
        values = opened.call(found, batch)
        seconds = time.perf_counter() - start
    finally:
        opened.close()
    if app.console.format == "json":
        results = [plain(value) for value in values]
        app.console.json({"function": found.name, "way": way, "seconds": seconds, "results": results})
        return
    for value in values:
        app.console.text(_shown(value))
    app.console.line(f"{found.name} {way}: {len(values)} row{'s' if len(values) != 1 else ''} in {seconds:.3f} s")


def _one(catalog: Catalog, name: str) -> Function:
    found = select(catalog, functions=name, option="FUNCTION")
    if len(found) != 1:
        raise UsageError(f"{name!r} names {len(found)} functions", where="FUNCTION", hint="name one, as quadbin_bbox")
    return found[0]


def _batch(function: Function, arguments: Sequence[str], rows: BinaryIO | None) -> list[list[Any]]:
    if rows is None:
        return [calls.parse_arguments(function, arguments)]
    if arguments:
        hint = "give the arguments on the command line, or the rows in the file"
        raise UsageError(f"{len(arguments)} arguments beside a file of rows", where="--rows", hint=hint)
    return _rows(function, rows.read())


def _rows(function: Function, text: bytes) -> list[list[Any]]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise UsageError(f"not JSON: {error}", where="--rows") from error
    wanted = len(function.parameters)
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == wanted for row in rows):
        raise UsageError(f"must be a JSON list of lists of {wanted} arguments", where="--rows")
    return rows


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    value = plain(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
