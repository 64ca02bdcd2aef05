"""`builder status`: what is deployed, and whether it is what the lock has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import catalogue, output_format, pass_app, production, selection
from builder.core.deploy.standing import standing

if TYPE_CHECKING:
    from builder.app import App

COLUMNS = ("module", "function", "state", "image", "lock", "sql")


@click.command("status")
@selection
@catalogue
@production
@output_format
@pass_app
def command(app: App, modules: str, functions: str) -> None:
    """Show each module's Lambda function, its image beside the lock's, and its SQL functions. Changes nothing."""
    with _deployment.look(app, modules, functions) as deployment:
        rows = standing(deployment.scopes, deployment.lock, deployment.settings, deployment.observed)
    app.console.rows(COLUMNS, [[getattr(row, column) for column in COLUMNS] for row in rows])
