"""`builder invoke FUNCTION ARG...`: one call, or the rows of a file, without a warehouse."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from builder.commands._options import catalogue, output_format, pass_app
from builder.commands._ways import open_way
from builder.core import calls
from builder.core.modules import group
from builder.core.selection import select
from builder.errors import UsageError

if TYPE_CHECKING:
    from builder.app import App
    from builder.model import Function


# Unknown options are arguments: -3.7 is a longitude.
@click.command("invoke", context_settings={"ignore_unknown_options": True})
@click.argument("function")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--in-process", "way", flag_value="in-process", default=True, help="In this process (the default).")
@click.option("--image", "way", flag_value="image", help="In the module's image, under Lambda's runtime emulator.")
@click.option("--deployed", "way", flag_value="deployed", help="The deployed Lambda.")
@click.option("--rows", type=click.File("rb"), help="A JSON list of argument lists, sent as one batch (- for stdin).")
@catalogue
@output_format
@pass_app
def command(app: App, function: str, arguments: tuple[str, ...], way: str, rows: Any) -> None:
    """Call FUNCTION with one ARGUMENT for each parameter; NULL is NULL, SUPER is JSON, a geometry WKT or GeoJSON."""
    catalog = app.catalog
    (found,) = select(catalog, modules="", functions=function)
    batch = _rows(found, rows.read()) if rows else [calls.parse_arguments(found, arguments)]
    modules = {module.name: module for module in group(catalog, catalog.functions)}
    opened = open_way(app, way, modules)
    try:
        start = time.perf_counter()
        values = opened.call(found, batch)
        seconds = time.perf_counter() - start
    finally:
        opened.close()
    if app.console.format == "json":
        app.console.json({"function": found.name, "way": way, "seconds": seconds, "results": values})
        return
    for value in values:
        app.console.text(_shown(value))
    app.console.line(f"{found.name} {way}: {len(values)} row{'s' if len(values) != 1 else ''} in {seconds:.3f} s")


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
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
