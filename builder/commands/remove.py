"""`builder remove`: takes away what the same selection deployed, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import catalogue, output_format, pass_app, place, selection
from builder.core.deploy import explain
from builder.core.deploy.desired import Desired

if TYPE_CHECKING:
    from builder.app import App


@click.command("remove")
@selection
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_deployment.jobs_option
@catalogue
@place
@output_format
@pass_app
def command(app: App, modules: str, functions: str, *, dry_run: bool, yes: bool, jobs: int) -> None:
    """Take the selected functions out of Redshift and Lambda, with the repositories of modules that are gone whole.

    Schema and roles stay as long as anything of ours uses them, and always where they were there before us.
    """
    with _deployment.look(
        app, modules, functions, removal=True, locked="" if dry_run else "builder remove"
    ) as deployment:
        actions = deployment.plan_removal()
        _deployment.show(app.console, actions, deployment.remarks(removal=True))
        if dry_run:
            if app.console.format == "json":
                app.console.json(explain.data(actions))
            return
        if actions:
            _deployment.confirm("Remove all this?", yes=yes)
        course = _deployment.Course(actions=actions, start=deployment.observed.receipt, desired=Desired())
        _deployment.carry_out(app, deployment.doors, course, jobs)
