"""`builder deploy`: the plan, carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import catalogue, output_format, pass_app, production, selection
from builder.core import deploy_plan, explain

if TYPE_CHECKING:
    from builder.app import App


@click.command("deploy")
@selection
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--yes", is_flag=True, help="Do not ask, even where the plan takes something away.")
@catalogue
@production
@output_format
@pass_app
def command(app: App, modules: str, functions: str, *, dry_run: bool, yes: bool) -> None:
    """Bring the selected functions into AWS Lambda and Redshift, from the images that were built and pushed."""
    with _deployment.look(app, modules, functions) as deployment:
        actions = deployment.plan()
        _deployment.show(app.console, actions, deployment.remarks())
        if dry_run:
            if app.console.format == "json":
                app.console.json(explain.data(actions))
            return
        if any(deploy_plan.destroys(action) for action in actions):
            _deployment.confirm("The plan takes something away. Go on?", yes=yes)
        _deployment.carry_out(app, deployment, actions)
