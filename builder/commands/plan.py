"""`builder plan`: what deploy would do, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import catalogue, diff, output_format, pass_app, place
from builder.commands._selected import choose
from builder.core.deploy import explain, plan_file

if TYPE_CHECKING:
    from builder.app import App

CHANGES = 2


@click.command("plan")
@diff
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 0 when there is nothing to do, with 2 for changes.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the plan to a file, for `builder deploy --plan FILE`.",
)
@_deployment.prune_option
@_deployment.replaced_option
@catalogue
@place
@output_format
@pass_app
def command(
    app: App,
    modules: str,
    functions: str,
    *,
    detailed_exitcode: bool,
    out: Path | None,
    prune: bool,
    remove_replaced: bool,
) -> int:
    """Compare the selected functions with AWS and Redshift, and print what deploy would do. Changes nothing."""
    if prune:
        _deployment.refuse_part(modules, functions, app.diff)
    if out is not None:
        plan_file.refuse_place(out)
    chosen = choose(app, modules, functions, since="deployed")
    with _deployment.look_at(app, chosen, replaced=remove_replaced, prune=prune) as deployment:
        actions = deployment.plan()
        _deployment.show(app.console, actions, deployment.remarks())
        if out is not None:
            plan_file.write(out, deployment.as_file(actions))
    if app.console.format == "json":
        app.console.json(explain.data(actions))
    return CHANGES if actions and detailed_exitcode else 0
