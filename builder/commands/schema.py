"""`builder schema`: the JSON Schema of function.yaml, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _options
from builder.core.function_file import json_schema

if TYPE_CHECKING:
    from builder.app import App


@click.command("schema", short_help="The JSON Schema of function.yaml.")
@_options.pass_app
def command(app: App) -> None:
    """Print the JSON Schema of function.yaml, which editors complete and check by.

    The repository holds it as docs/function.schema.json. In an editor with the YAML language server, the first line
    of a function.yaml may name it: # yaml-language-server: $schema=../../../docs/function.schema.json
    """
    app.console.json(json_schema())
