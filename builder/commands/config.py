"""`builder config`: every setting, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands._options import catalogue, output_format, pass_app, place
from builder.core.config import rows as config_rows
from builder.core.config import settings
from builder.core.config.keys import json_schema

if TYPE_CHECKING:
    from builder.app import App


@click.command("config", short_help="Every setting, and where it came from.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the YAML files, for editors, and stop.")
@catalogue
@place
@output_format
@pass_app
def command(app: App, *, schema: bool) -> None:
    """Print every setting with its value and the place that it came from, and the names that they lead to.

    Secrets print as ***. Where something is wrong, the settings are printed as they were written, then every problem;
    the exit code is then 4.
    """
    if schema:
        app.console.json(json_schema())
        return
    layers, _ = settings.read(app.project, flags=app.flags, environ=app.environ)
    rows = config_rows.told(layers)
    try:
        rows += config_rows.derived(app.settings)
    finally:
        # Above all when they are wrong, people want to see them.
        if app.console.format == "json":
            app.console.json(config_rows.data(rows))
        else:
            app.console.rows(config_rows.COLUMNS, config_rows.table(rows))
