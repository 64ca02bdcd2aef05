"""`builder deploy`: the plan, carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import catalogue, diff, output_format, pass_app, place
from builder.commands._selected import choose, note
from builder.core.deploy import explain, plan_file
from builder.core.deploy import plan as deploy_plan
from builder.errors import UsageError

if TYPE_CHECKING:
    from builder.app import App


@click.command("deploy")
@diff
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--yes", is_flag=True, help="Do not ask, even where the plan takes something away.")
@click.option(
    "--plan",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Carry out exactly the plan that `builder plan --out FILE` wrote, or nothing.",
)
@_deployment.prune_option
@_deployment.replaced_option
@_deployment.jobs_option
@catalogue
@place
@output_format
@pass_app
def command(  # noqa: PLR0913  click hands over each option
    app: App,
    modules: str,
    functions: str,
    *,
    dry_run: bool,
    yes: bool,
    file: Path | None,
    prune: bool,
    remove_replaced: bool,
    jobs: int,
) -> None:
    """Bring the selected functions into AWS Lambda and Redshift, from the images that were built and pushed."""
    given = plan_file.read(file) if file else None
    if prune:
        _deployment.refuse_part(modules, functions, app.diff)
    if given:
        _refuse_more(app, modules, functions, more=prune or remove_replaced)
        prune, remove_replaced = given.prune, given.remove_replaced
        chosen = plan_file.selected(given, app.catalog, where=str(file))
    else:
        chosen = choose(app, modules, functions, since="deployed")
    locked = "" if dry_run else "builder deploy"
    looking = _deployment.look_at(app, chosen, replaced=remove_replaced, locked=locked, prune=prune)
    with looking as deployment:
        actions = deployment.plan()
        if given:
            plan_file.refuse_stale(given, deployment.as_file(actions), where=str(file))
        _deployment.show(app.console, actions, deployment.remarks())
        if dry_run:
            if app.console.format == "json":
                app.console.json(explain.data(actions))
            return
        # A plan in a file has been looked at already.
        if not given and any(deploy_plan.destroys(action) for action in actions):
            _deployment.confirm("The plan takes something away. Go on?", yes=yes)
        course = _deployment.Course(actions=actions, start=deployment.observed.receipt, desired=deployment.desired)
        _deployment.carry_out(app, deployment.doors, course, jobs)
        note(app, chosen, "deployed", prune=prune)


def _refuse_more(app: App, modules: str, functions: str, *, more: bool) -> None:
    """Raises UsageError for what would make another plan of it."""
    if modules or functions or more or app.diff is not None:
        raise UsageError(
            "a plan in a file says itself what it is about",
            where="--plan",
            hint="leave --modules, --functions, --diff, --prune and --remove-replaced out",
        )
