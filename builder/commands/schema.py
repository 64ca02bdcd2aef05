"""`builder schema`: the JSON Schema of function.yaml, for editors, and of a plan in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _options
from builder.core.catalog.function_file import json_schema

if TYPE_CHECKING:
    from builder.app import App


@click.command("schema", short_help="The JSON Schema of function.yaml, of a plan, or of status.")
@click.argument("of", type=click.Choice(["function", "plan", "status"]), default="function")
@_options.pass_app
def command(app: App, of: str) -> None:
    """Print the JSON Schema of function.yaml, which editors complete and check by; of `builder plan --out`, or of
    `builder status --format json`.

    The repository holds them as docs/function.schema.json, docs/plan.schema.json and docs/status.schema.json.
    In an editor with the YAML language server, the first line of a function.yaml may name it:
    # yaml-language-server: $schema=../../../docs/function.schema.json
    """
    if of == "plan":
        from builder.core.deploy import plan_schema  # noqa: PLC0415  it reads every action's type

        app.console.json(plan_schema.json_schema())
        return
    if of == "status":
        from builder.core.deploy import status_json  # noqa: PLC0415  as above

        app.console.json(status_json.json_schema())
        return
    app.console.json(json_schema())
