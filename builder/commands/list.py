"""`builder list`: what the catalogue holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from builder.commands import _options
from builder.commands._selected import choose
from builder.core.catalog.modules import group
from builder.core.catalog.units import units

if TYPE_CHECKING:
    from builder.app import App
    from builder.model import Function


@click.command("list", short_help="What the catalogue holds.")
@_options.diff
@click.option("--all", "everything", is_flag=True, help="Private functions (a leading __) too.")
@_options.catalogue
@_options.production
@_options.output_format
@_options.pass_app
def command(app: App, modules: str, functions: str, *, everything: bool) -> None:
    """The functions of the catalogue with their signatures.

    Private functions, whose names begin with two underscores, are shown with --all, or when they are named.
    """
    shown = choose(app, modules, functions).functions
    if not (everything or functions):
        shown = tuple(function for function in shown if not function.private)
    if app.console.format == "json":
        where = _places(app)
        app.console.json([{**_facts(function), **where.get(function.name, {})} for function in shown])
    else:
        app.console.rows(("module", "function", "type"), ((each.module, _signature(each), each.kind) for each in shown))


def _places(app: App) -> dict[str, dict[str, str]]:
    """The image and the Lambda of each function that has them."""
    settings = app.settings
    found = (
        units(module, prefix=settings.lambda_prefix, mode=settings.lambda_mode)
        for module in group(app.catalog, app.catalog.functions)
    )
    return {
        function.name: {"image": unit.image, "lambda": unit.name}
        for each in found
        for unit in each
        for function in unit.functions
    }


def _signature(function: Function) -> str:
    arguments = ", ".join(f"{parameter.name} {parameter.type}" for parameter in function.parameters)
    return f"{function.name}({arguments}) {function.returns}"


def _facts(function: Function) -> dict[str, Any]:
    return {
        "module": function.module,
        "function": function.name,
        "type": function.kind,
        "status": function.status,
        "author": function.author,
        "description": function.description,
        "arguments": [asdict(parameter) for parameter in function.parameters],
        "returns": function.returns,
        "examples": [asdict(example) for example in function.examples],
    }
